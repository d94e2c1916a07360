// npm run knowledge -- convert <folder> [--out <folder>]: the published national lists (a tidy/ folder)
// as tables of ours in KNOWLEDGE_DIR. Prints rows by table and everything that became no row.
import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { gunzipSync } from 'node:zlib'
import { convertTidy } from '../knowledge/convert.js'
import type { TidyText } from '../knowledge/convert.js'

const usage = '用法：npm run knowledge -- convert <tidy 文件夹> [--out <文件夹>]（默认写入 KNOWLEDGE_DIR）'

/** The revision lies one folder above the lists. */
const besides = ['knowledge_points.csv', 'knowledge_point_codes.csv.gz']

function readTexts(folder: string): TidyText[] {
  const names = readdirSync(folder).filter((name) => /\.csv(\.gz)?$/.test(name)).sort()
  const inFolder = names.map((name) => join(folder, name))
  const above = besides.map((name) => join(dirname(folder), name)).filter((path) => existsSync(path))
  return [...inFolder, ...above].map((path) => {
    const bytes = readFileSync(path)
    const text = (path.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('utf8')
    return { name: path.slice(path.lastIndexOf('/') + 1).replace(/\.gz$/, ''), text }
  })
}

function convert(folder: string, out: string): void {
  const { tables, leftOut } = convertTidy(readTexts(resolve(folder)))
  mkdirSync(out, { recursive: true })
  let rowCount = 0
  for (const { name, rowCount: rows, csv } of tables) {
    writeFileSync(join(out, `${name}.csv`), csv)
    console.log(`${String(rows).padStart(8)}  ${name}`)
    rowCount += rows
  }
  console.log(`${String(rowCount).padStart(8)}  共 ${tables.length} 张表，写入 ${out}`)
  if (leftOut.length > 0) console.log(`\n未成为知识行的 ${leftOut.length} 处：`)
  for (const { path, reason } of leftOut) console.log(`  ${path}：${reason}`)
}

const { positionals, values } = parseArgs({
  allowPositionals: true, options: { out: { type: 'string' } },
})
const [action, folder] = positionals
const out = values.out ?? process.env.KNOWLEDGE_DIR
if (action !== 'convert' || folder === undefined || out === undefined || !existsSync(folder)) {
  console.error(folder !== undefined && !existsSync(folder) ? `没有文件夹 ${folder}` : usage)
  process.exitCode = 2
} else {
  convert(folder, out)
}
