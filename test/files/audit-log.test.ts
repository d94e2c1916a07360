// The audit log: a chain of lines over files, what a crash leaves of it, what tampering shows.
import {
  appendFileSync, chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import type { Test } from 'tap'
import { hashOfLine, noLine } from '../../src/files/audit-lines.js'
import { openAuditLog } from '../../src/files/audit-log.js'
import type { AuditOptions } from '../../src/files/audit-log.js'
import { verifyAudit } from '../../src/files/audit-verify.js'

const at = '2026-03-02T00:00:00.000Z'
const read = (range: string) =>
  ({ who: 'K1', institution: 'H1', route: 'GET /v1/warnings', range, request: 'R1' })

/** A folder, and logs on it that tick by hand. */
function aFolder(t: Test) {
  const folder = join(mkdtempSync(join(tmpdir(), 'claimsentry-audit-')), 'audit')
  t.teardown(() => { rmSync(folder, { recursive: true, force: true }) })
  const ticks: (() => void)[] = []
  let lost = 0
  return {
    folder,
    ticks,
    lost: () => lost,
    file: (number: number) => join(folder, `service-${String(number).padStart(6, '0')}.jsonl`),
    text: (number = 1) => readFileSync(join(folder, `service-${String(number).padStart(6, '0')}.jsonl`), 'utf8'),
    open: (more: Partial<AuditOptions> = {}) => openAuditLog({
      folder,
      chain: 'service',
      now: () => Date.parse(at),
      every(_milliseconds, run) {
        ticks.push(run)
        return () => {}
      },
      bytesMax: 1_000_000,
      onLost(lines) { lost += lines },
      ...more,
    }),
    verify: () => verifyAudit(folder, 'service'),
    files: () => readdirSync(folder).sort(),
  }
}

const whole = (lines: number, text: string, over: object = {}) =>
  ({ lines, files: 1, cut: 0, hash: hashOfLine(text.trimEnd().split('\n').at(-1)!), broken: undefined, ...over })

t.test('each line carries the hash of the one before, also after a restart', async (t) => {
  const world = aFolder(t)
  t.strictSame(await world.verify(), { lines: 0, files: 0, cut: 0, hash: noLine, broken: undefined })
  const first = world.open()
  await Promise.all([first.append(read('after 0')), first.append(read('after 1'))])
  for (const tick of world.ticks) tick()
  await first.close()
  await first.close()
  const second = world.open()
  await second.append(read('x'.repeat(1_000)))
  await second.close()
  const lines = world.text().trimEnd().split('\n')
  t.strictSame(lines.map((line) => JSON.parse(line) as object), [
    { at, ...read('after 0'), before: noLine },
    { at, ...read('after 1'), before: hashOfLine(lines[0]!) },
    { at, ...read('x'.repeat(256)), before: hashOfLine(lines[1]!) },
  ])
  t.strictSame(await world.verify(), whole(3, world.text()))
})

t.test('lines that nobody waits for are written together, in their order, and none is left', async (t) => {
  const world = aFolder(t)
  const log = world.open()
  const ranges = () => world.text().trimEnd().split('\n').map((line) => (JSON.parse(line) as { range: string }).range)
  for (const range of ['1', '2']) log.note(read(range))
  await log.append(read('3'))
  t.strictSame(ranges(), ['1', '2', '3'], 'who waits takes along what came before')
  log.note(read('4'))
  while (ranges().length < 4) await new Promise((resolve) => { setImmediate(resolve) })
  const written = log.append(read('5'))
  await Promise.resolve() // under way
  log.note(read('6'))
  await written
  log.note(read('7'))
  await log.close()
  t.strictSame(ranges(), ['1', '2', '3', '4', '5', '6', '7'])
  t.strictSame(await world.verify(), whole(7, world.text()))
})

t.test('a line that a crash cut short stays, and the next one names it', async (t) => {
  const world = aFolder(t)
  const log = world.open()
  await log.append(read('1'))
  await log.close()
  const before = world.text()
  appendFileSync(world.file(1), '{"at":"2026-03-0')
  t.strictSame(await world.verify(), whole(1, before, { cut: 1 }), 'no start has met it yet')
  const again = world.open()
  await again.append(read('2'))
  await again.close()
  const lines = world.text().trimEnd().split('\n')
  t.strictSame(JSON.parse(lines[2]!), {
    at, who: '', institution: '', route: 'audit', range: 'the line before was cut short: 16 bytes', request: '',
    cut: hashOfLine('{"at":"2026-03-0'), before: hashOfLine(lines[0]!),
  })
  t.strictSame(await world.verify(), whole(3, world.text(), { cut: 1 }))

  // Of a line that lacks nothing but its end, nothing is lost.
  writeFileSync(world.file(1), world.text().trimEnd())
  const third = world.open()
  await third.append(read('3'))
  await third.close()
  t.strictSame(await world.verify(), whole(4, world.text(), { cut: 1 }))
})

t.test('a crash within the first line of a file leaves the chain of the files before', async (t) => {
  const world = aFolder(t)
  const log = world.open({ fileBytesMax: 100 })
  await log.append(read('1'))
  await log.close()
  writeFileSync(world.file(2), '{"piece')
  const again = world.open()
  await again.append(read('2'))
  await again.close()
  t.strictSame(await world.verify(), whole(3, world.text(2), { files: 2, cut: 1 }))
  const alone = aFolder(t)
  const fresh = alone.open()
  await fresh.append(read('0'))
  await fresh.close()
  writeFileSync(alone.file(1), 'x')
  const after = alone.open()
  await after.append(read('1'))
  await after.close()
  t.strictSame(await alone.verify(), whole(2, alone.text(), { cut: 1 }), 'the very first line')
})

t.test('a changed, a lost, a moved and a strange line are found, and the first of them is named', async (t) => {
  const world = aFolder(t)
  const log = world.open()
  for (let number = 1; number <= 5; number++) await log.append(read(String(number)))
  await log.close()
  const good = world.text()
  const lines = good.trimEnd().split('\n')
  const broken = async (changed: readonly string[]) => {
    writeFileSync(world.file(1), `${changed.join('\n')}\n`)
    return (await world.verify()).broken
  }
  const file = 'service-000001.jsonl'
  const odd = 'it does not follow the line before it'
  const strange = 'it is no line of ours'
  const changed = lines[1]!.replace('"2"', '"9"')
  t.strictSame(await broken([lines[0]!, changed, ...lines.slice(2)]), { file, line: 3, why: odd })
  t.strictSame(await broken([lines[0]!, ...lines.slice(2)]), { file, line: 2, why: odd })
  t.strictSame(await broken(lines.slice(1)), { file, line: 1, why: odd })
  t.strictSame(await broken([...lines.slice(0, 3), lines[4]!]), { file, line: 4, why: odd }, 'at the end too')
  t.strictSame(await broken([lines[0]!, 'x', ...lines.slice(1)]), { file, line: 2, why: strange })
  t.strictSame(await broken([lines[0]!, '{"before":1}', ...lines.slice(1)]), { file, line: 2, why: strange })
  t.strictSame(await broken([lines[0]!, 'x', 'y']), { file, line: 2, why: strange })
  t.strictSame(await broken(lines), undefined)
})

t.test('files end at their size, the oldest make room, and the chain says which', async (t) => {
  const world = aFolder(t)
  const log = world.open({ fileBytesMax: 100, bytesMax: 450 })
  for (let number = 1; number <= 5; number++) await log.append(read(String(number)))
  await log.close()
  t.strictSame(world.files(), ['service-000004.jsonl', 'service-000005.jsonl'])
  const ranges = (number: number) => world.text(number).trimEnd().split('\n')
    .map((line) => (JSON.parse(line) as { range: string }).range)
  t.strictSame([ranges(4), ranges(5)], [
    ['removed service-000001.jsonl', '4'],
    ['removed service-000002.jsonl', 'removed service-000003.jsonl', '5'],
  ])
  t.strictSame(await world.verify(), whole(5, world.text(5), { files: 2 }))
  rmSync(world.file(4))
  t.strictSame((await world.verify()).broken,
    { file: 'service-000005.jsonl', line: 1, why: 'the file before it is missing' })
  const gap = aFolder(t)
  const other = gap.open({ fileBytesMax: 100 })
  for (let number = 1; number <= 3; number++) await other.append(read(String(number)))
  await other.close()
  rmSync(gap.file(2))
  t.strictSame((await gap.verify()).broken,
    { file: 'service-000003.jsonl', line: 1, why: 'the file before it is missing' })
})

t.test('what cannot be written is refused and counted, and later lines go on where the chain ends', async (t) => {
  const world = aFolder(t)
  const log = world.open()
  await log.append(read('1'))
  await log.close()
  rmSync(world.folder, { recursive: true })
  writeFileSync(world.folder, 'a file where the folder was')
  const refused = await log.append(read('2')).catch(({ code }: { code: string }) => code)
  t.strictSame([refused, world.lost()], ['AUDIT_UNAVAILABLE', 1])
  t.strictSame(await log.append(read('2')).catch(({ code }: { code: string }) => code), 'AUDIT_UNAVAILABLE')
  t.throws(() => world.open(), { code: 'AUDIT_UNAVAILABLE' })
  rmSync(world.folder)
  await t.resolves(async () => world.open().close())
  await log.append(read('3'))
  await log.close()
  t.strictSame([world.text().includes('"3"'), world.lost()], [true, 2])
})

t.test('a disk that fails under an open file loses nothing of what comes after', async (t) => {
  const world = aFolder(t)
  const log = world.open({ fileBytesMax: 100 })
  await log.append(read('1'))
  chmodSync(world.folder, 0o700)
  rmSync(world.file(1))
  t.strictSame(await log.append(read('2')).catch(({ code }: { code: string }) => code), undefined)
  await log.close()
  let clock = Number.NaN
  const broken = world.open({ now: () => clock })
  t.strictSame(await broken.append(read('3')).catch(({ code }: { code: string }) => code), 'AUDIT_UNAVAILABLE')
  clock = 0
  await t.resolves(broken.append(read('4')), 'the file is opened anew')
  await broken.close()
})

t.test('a disk that stands holds no more than so many lines', async (t) => {
  const world = aFolder(t)
  const log = world.open()
  const all = Array.from({ length: 10_001 }, (_, index) => log.append(read(String(index))).then(() => 'written',
    ({ code }: { code: string }) => code))
  t.strictSame((await Promise.all(all)).slice(-2), ['written', 'AUDIT_UNAVAILABLE'])
  t.equal(world.lost(), 1)
  await log.close()
  t.equal((await world.verify()).lines, 10_000)
})
