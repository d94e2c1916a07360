// `npm run keys`: a key that is made opens the door, its file holds no key, and nothing is written that
// would stop a start.
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import type { Test } from 'tap'
import { keysCommand } from '../../src/commands/keys.js'
import { openKeys } from '../../src/http/keys.js'

function aFolder(t: Test) {
  const dir = join(t.testdir({}), 'data')
  const file = join(dir, 'api-keys.json')
  return {
    file,
    run(...args: readonly string[]) {
      let [out, err] = ['', '']
      const code = keysCommand({
        args, env: { DATA_DIR: dir },
        write: (text) => { out += text },
        writeError: (text) => { err += text },
      })
      return { code, out, err }
    },
  }
}

t.test('a key that is made opens a door to other machines, until it is removed', (t) => {
  const { run, file } = aFolder(t)
  const open = () => openKeys({ file, host: '0.0.0.0', log: { warn: () => t.fail('there is a file') } })
  const { code, out, err } = run('add', 'his-1', 'H44010000001', 'check,events')
  t.equal(code, 0)
  t.match(out, /^[\w-]{43}\n$/)
  t.equal(err, `this key is shown once; its hash is in ${file}: start the service again. `
    + 'Callers send it as "authorization: Bearer <key>"\n')
  t.match(open().callerOf(out.trim()), { id: 'his-1', institution: 'H44010000001', scopes: ['check', 'events'] })
  t.notMatch(readFileSync(file, 'utf8'), out.trim())
  t.equal(statSync(file).mode & 0o777, 0o600)
  t.equal(existsSync(`${file}.part`), false)

  const agency = run('add', 'agency', '*', 'rules').out.trim()
  t.strictSame(run('list'), {
    code: 0, out: `his-1  H44010000001  check,events\nagency  *  rules\n2 keys in ${file}\n`, err: '',
  })
  t.strictSame(run('remove', 'his-1'), {
    code: 0, out: `his-1 is no longer in ${file}: start the service again\n`, err: '',
  })
  t.equal(open().callerOf(out.trim()), undefined)
  t.match(open().callerOf(agency), { institution: '*' })
  t.end()
})

t.test('what a start would refuse is not written', (t) => {
  const { run, file } = aFolder(t)
  t.strictSame(run('list'), { code: 0, out: `0 keys in ${file}\n`, err: '' })
  t.match(run('add', 'his 1', 'H1', 'check'), { code: 1, out: '', err: /^CONFIG_INVALID .*\/0\/id / })
  t.match(run('add', 'his-1', 'H1', 'everything'), { code: 1, out: '', err: /\/0\/scopes\/0 / })
  t.equal(existsSync(file), false)
  run('add', 'his-1', 'H1', 'check')
  const before = readFileSync(file, 'utf8')
  t.match(run('add', 'his-1', 'H2', 'check'), { code: 1, out: '', err: /there are two keys his-1\n$/ })
  t.match(run('remove', 'his-2'), { code: 1, err: `CONFIG_INVALID ${file} a setting is wrong: there is no key his-2\n` })
  t.equal(readFileSync(file, 'utf8'), before)
  mkdirSync(`${file}.part`)
  t.match(run('remove', 'his-1'), { code: 1, err: /it cannot be written\n$/ })
  writeFileSync(file, 'not json')
  t.match(run('list'), { code: 1, err: /it is not JSON\n$/ })
  t.end()
})

t.test('a bug is no refusal', (t) => {
  const { file } = aFolder(t)
  const write = () => { throw new TypeError('broken') }
  t.throws(() => keysCommand({ args: ['list'], env: { API_KEYS_FILE: file }, write, writeError: write }), TypeError)
  t.end()
})

t.test('what is not understood is answered with the usage', (t) => {
  const { run } = aFolder(t)
  for (const args of [[], ['lost'], ['list', 'all'], ['add', 'his-1', 'H1'], ['remove'], ['add', 'a', 'b', 'check', 'e']]) {
    t.match(run(...args), { code: 2, out: '', err: /^usage: npm run keys/ }, args.join(' '))
  }
  t.end()
})
