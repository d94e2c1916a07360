// Limits to indications: what a clause of the map asks, how clauses are weighed, and that the tables'
// diagnosis codes exist. Judged through the engine, so that table and map meet as they do in service.
import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import { parse } from 'csv-parse/sync'
import t from 'tap'
import { indicationLimit } from '../../src/checks/indication-limit.js'
import { mappedShares } from '../../src/checks/mapped-points.js'
import { report } from '../../src/commands/rules-report.js'
import { evaluate } from '../../src/engine/evaluate.js'
import { readRulesFolders } from '../../src/files/rules-folder.js'
import { compile } from '../../src/rulebook/compile.js'
import type { RuleText } from '../../src/rulebook/mistake.js'
import type { SettlementChanges } from '../fixtures/claims.js'
import { emptyView } from '../fixtures/empty-view.js'
import { settled } from '../fixtures/remembered.js'
import { aBook, aRule, fakeChecks } from '../fixtures/rule-texts.js'

type Cells = Readonly<Record<string, string | number>>

const header = [
  'code', 'name', 'point', 'diagnoses', 'min', 'max', 'unit', 'sex', 'setting', 'insurance', 'min_level',
  'days_max', 'prior', 'needs', 'valid_from', 'valid_to', 'region', 'source',
]
const drugs: RuleText = {
  path: 'tables/the-drugs.csv',
  text: 'code,name,point,limit,source\nX1,药一,药,限某病,甲\nX2,药二,药,限某病,甲\nX3,药三,别的药,,乙\n',
}

/** The clauses of the point 药, unless they say another. */
function textsOf(clauses: readonly Cells[], rule: Readonly<Record<string, string>> = {}): RuleText[] {
  const rows = clauses.map((cells, index) => {
    const known: Cells = { code: `C-${index}`, name: '条款', point: '药', source: '甲' }
    return header.map((column) => cells[column] ?? known[column] ?? '').join(',')
  })
  return [drugs, { path: 'tables/the-map.csv', text: [header.join(','), ...rows, ''].join('\n') }, aRule({
    check: 'indication-limit',
    in_force: '[{ from: 2025-01-01, table: the-drugs, map: the-map }]',
    warning: '{item}{limit}，诊断{diagnoses}',
    ...rule,
  })]
}

function findings(clauses: readonly Cells[], changes: SettlementChanges) {
  const book = aBook(textsOf(clauses), [indicationLimit])
  return evaluate(book, settled({ items: [{ code: 'X1' }], ...changes }), emptyView)
}

/** The lines that break it, or what is missing, or neither. */
function judge(clauses: readonly Cells[], changes: SettlementChanges = {}): string {
  const verdict = findings(clauses, changes)
  t.strictSame(verdict.failed, [])
  const hits = verdict.findings.flatMap(({ violating }) => violating.map(({ item }) => item))
  return [...hits.map((item) => `hit ${item}`), ...verdict.unknowns.map(({ missing }) => missing)]
    .join(', ') || 'clear'
}

const of = (...codes: readonly string[]): SettlementChanges =>
  ({ visit: { diagnoses: codes.map((code) => ({ code, name: code, is_main: true, kind: '1' })) } })

t.test('any diagnosis with any prefix will do, in both halves of a pair of codes', async (t) => {
  const clauses = [{ diagnoses: 'E11|G53.0' }]
  t.equal(judge(clauses, of('E11.900')), 'clear')
  t.equal(judge(clauses, of('J18.900', 'E11.900')), 'clear')
  t.equal(judge(clauses, of('B02.202+G53.0*')), 'clear')
  t.equal(judge(clauses, of('B02.204+G53.1*')), 'hit 0')
  t.equal(judge(clauses, of('E12.900', 'J18.900')), 'hit 0')
  t.equal(judge(clauses, { visit: { diagnoses: [] } }), 'visit.diagnoses')
  const tcm = { code: 'E11.900', name: '', is_main: true, kind: '2' }
  t.equal(judge(clauses, { visit: { diagnoses: [tcm] } }), 'visit.diagnoses')
  t.equal(judge(clauses, { visit: { diagnoses: [tcm, { ...tcm, code: 'J18', kind: '1' }] } }), 'hit 0')
})

t.test('sets of diagnoses are all wanted; one clause is enough', async (t) => {
  const clauses = [{ diagnoses: 'N18&D63.8|D64.9' }, { diagnoses: 'C' }]
  t.equal(judge(clauses, of('N18.500', 'D64.900')), 'clear')
  t.equal(judge(clauses, of('N18.500')), 'hit 0')
  t.equal(judge(clauses, of('D63.800')), 'hit 0')
  t.equal(judge(clauses, of('C34.900')), 'clear')
})

t.test('age, sex, setting, insurance and level are asked, and may be unknown', async (t) => {
  t.equal(judge([{ min: 45 }]), 'clear')
  t.equal(judge([{ min: 46 }]), 'hit 0')
  t.equal(judge([{ max: 45 }]), 'clear')
  t.equal(judge([{ max: 44 }]), 'hit 0')
  t.equal(judge([{ max: 549, unit: '月' }]), 'clear')
  t.equal(judge([{ max: 548, unit: '月' }]), 'hit 0')
  t.equal(judge([{ min: 1 }], { patient: { birth_date: null } }), 'patient.birth_date')
  t.equal(judge([{ sex: '男' }]), 'clear')
  t.equal(judge([{ sex: '女' }]), 'hit 0')
  t.equal(judge([{ sex: '女' }], { patient: { sex: 'unknown' } }), 'patient.sex')
  t.equal(judge([{ setting: '住院' }]), 'clear')
  t.equal(judge([{ setting: '门诊' }]), 'hit 0')
  t.equal(judge([{ setting: '门诊' }], { visit: { type: '', setting: 'other' } }), 'visit.setting')
  t.equal(judge([{ insurance: '510|31' }]), 'clear')
  t.equal(judge([{ insurance: '510' }]), 'hit 0')
  t.equal(judge([{ insurance: '510' }], { patient: { insurance_type: null } }), 'patient.insurance_type')
  t.equal(judge([{ min_level: 3 }]), 'clear')
  t.equal(judge([{ min_level: 3 }], { visit: { institution: { level: 2 } } }), 'hit 0')
  t.equal(
    judge([{ min_level: 3 }], { visit: { institution: { level: null } } }), 'visit.institution.level')
})

t.test('what no claim carries is never a hit, unless something else fails for certain', async (t) => {
  const clause = { diagnoses: 'E11', needs: 'result.hba1c' }
  t.equal(judge([clause], of('E11.900')), 'result.hba1c')
  t.equal(judge([clause], of('J18.900')), 'hit 0')
  t.equal(judge([clause, { diagnoses: 'E11' }], of('E11.900')), 'clear', 'another clause holds')
  t.equal(judge([clause, { ...clause, needs: 'x' }], of('E11.900')), 'result.hba1c', 'the first')
  t.equal(judge([clause, { diagnoses: 'N18' }], of('E11.900')), 'result.hba1c')
  t.equal(judge([{ min: 1, needs: 'x' }], { patient: { birth_date: null } }), 'patient.birth_date')
  const drug = (code: string, quantity = 1): SettlementChanges =>
    ({ items: [{ code: 'X1' }, { code, quantity }] })
  t.equal(judge([{ prior: 'XA10BA' }]), 'history.prior-therapy')
  t.equal(judge([{ prior: 'XA10BA|XA10BB' }], drug('XA10BBG01')), 'clear')
  t.equal(judge([{ prior: 'XA10BA' }], drug('XA10BBG01')), 'history.prior-therapy')
  t.equal(judge([{ prior: 'XA10BA' }], drug('XA10BAE01', -1)), 'history.prior-therapy')
})

t.test('days of use are counted within the claim, and the later lines are too many', async (t) => {
  const on = (day: number, more: object = {}) =>
    ({ code: 'X1', service_time: `2026-03-0${day}T10:00:00+08:00`, ...more })
  const visit = { start: '2026-03-01T09:00:00+08:00', end: '2026-03-08T11:00:00+08:00' }
  const days = (...items: readonly object[]): SettlementChanges =>
    ({ settled_at: '2026-03-08T15:00:00+08:00', visit, items })
  const clauses = [{ days_max: 2 }]
  t.equal(judge(clauses, days(on(1), on(5), on(5))), 'clear')
  t.equal(judge(clauses, days(on(5), on(1), on(3), on(2, { quantity: -1 }))), 'hit 0')
  t.equal(judge(clauses, days(on(1), on(2), { ...on(3), code: 'X2' })), 'clear', 'by code')
  t.equal(judge(clauses, days({ code: 'X1', service_time: null })), 'items.service_time')
  t.equal(judge([{ days_max: 2, needs: 'x' }], days(on(1), on(2), on(3))), 'hit 2, x')
  const late = '2027-06-01T10:00:00+08:00'
  t.equal(judge([{ days_max: 1 }], {
    settled_at: late,
    visit: { ...visit, end: late },
    items: [on(1), on(1), { ...on(1), service_time: late }],
  }), 'clear', 'a day far beyond the first is not counted')
})

t.test('a point without a clause in force is not judged', async (t) => {
  t.equal(judge([{ diagnoses: 'J18' }], { items: [{ code: 'X3' }] }), 'indication')
  t.equal(judge([{ diagnoses: 'C', valid_from: '2026-03-03' }]), 'indication')
  t.equal(judge([{ diagnoses: 'C', valid_from: '2026-03-02' }]), 'hit 0')
  t.equal(judge([{ diagnoses: 'C', valid_to: '2026-03-02' }]), 'indication')
})

t.test('what the patient pays wholly is no matter of the fund', async (t) => {
  t.equal(judge([{ diagnoses: 'C' }], { items: [{ code: 'X1', own_pay: 10 }] }), 'clear')
})

t.test('a finding tells the limit and the first diagnoses', async (t) => {
  const facts = (...codes: readonly string[]) =>
    findings([{ diagnoses: 'C' }], of(...codes)).findings[0]?.facts
  t.strictSame(facts('J18'), { limit: '限某病', diagnoses: 'J18J18' })
  t.strictSame(facts('A1', 'A2', 'A3', 'A4', 'A5', 'A6')?.['diagnoses'], 'A1A1、A2A2、A3A3、A4A4、A5A5等')
})

t.test('a rule without a map has its clauses in its table', async (t) => {
  const one: RuleText = { path: 'tables/one.csv', text: 'code,name,diagnoses,source\nX1,药一,C,甲\n' }
  const rule = aRule({
    check: 'indication-limit', in_force: '[{ from: 2025-01-01, table: one }]', warning: '{item}',
  })
  const book = aBook([one, rule], [indicationLimit])
  const verdict = (code: string) =>
    evaluate(book, settled({ items: [{ code: 'X1' }], ...of(code) }), emptyView).findings.length
  t.strictSame([verdict('C34.900'), verdict('J18.900')], [0, 1])
})

t.test('a region that maps a point anew is judged by its clauses there, and nowhere else', async (t) => {
  const book = aBook(textsOf([{ diagnoses: 'C34' }, { diagnoses: 'J18', region: '44' }]), [indicationLimit])
  const verdict = (code: string, region: string) => evaluate(book, settled({
    items: [{ code: 'X1' }], visit: { ...of(code).visit, institution: { region } },
  }), emptyView).findings.length
  t.strictSame([verdict('C34.900', '330100'), verdict('J18.900', '330100')], [0, 1])
  t.strictSame([verdict('C34.900', '440100'), verdict('J18.900', '440100')], [1, 0])
})

t.test('a map that is not right is told with its place', async (t) => {
  const mistakes = (texts: readonly RuleText[]) => {
    const compiled = compile(texts, [indicationLimit])
    return compiled.ok ? [] : compiled.mistakes.map(({ path, message }) => `${path} ${message}`)
  }
  t.strictSame(mistakes(textsOf([{ min: 'x' }])), ['tables/the-map.csv:2 min：应为 0 至 55000 的整数'])
  const [table, map, rule] = textsOf([])
  t.match(mistakes([table!, rule!]), [/map：没有知识表 the-map（或它有错误）$/])
  t.match(mistakes([map!, rule!]), [/table：没有知识表 the-drugs（或它有错误）$/])
  t.match(mistakes([{ ...map!, text: 'code,name,source,colour\nC,条,甲,红\n' }, table!, rule!]), [
    /^tables\/the-map.csv:1 没有列 colour 的用处$/,
  ])
})

t.test('a check without a map takes none', async (t) => {
  const most: RuleText = { path: 'tables/most.csv', text: 'code,name,most,source\nX1,药,3,甲\n' }
  const rule = aRule({ in_force: '[{ from: 2025-01-01, table: most, map: most, extra: 0 }]' })
  const compiled = compile([most, rule], fakeChecks)
  t.match(compiled.ok ? [] : compiled.mistakes.map(({ message }) => message), [/^map：most-units 不用对应表$/])
})

t.test('the mapped share is counted by source', async (t) => {
  const { parts } = aBook(textsOf([{ diagnoses: 'C' }, { point: '别的药', min: 3 }]), [indicationLimit])
  const [{ table, map }] = parts as [typeof parts[0] & object]
  t.strictSame(mappedShares(table!, map!), [
    { source: '乙', points: 1, mapped: 0 }, { source: '甲', points: 1, mapped: 1 },
  ])
})

async function drugBook() {
  const used = /(policy\/drug-indication\.yaml|drug-indication\.csv|indication-map\.csv)$/
  const texts = await readRulesFolders({ rulesDir: 'rules' })
  return aBook(texts.filter(({ path }) => used.test(path)), [indicationLimit])
}

t.test('the points of batches 12 to 15 are mapped, six in ten at the least', async (t) => {
  const book = await drugBook()
  const [{ table, map }] = book.parts as [typeof book.parts[0] & object]
  const shares = mappedShares(table!, map!)
  t.strictSame(shares.map(({ source, points }) => [/第\d+批/.exec(source)?.[0], points]), [
    ['第12批', 57], ['第13批', 66], ['第14批', 43], ['第15批', 34],
  ])
  for (const { source, points, mapped } of shares) {
    t.comment(`${source}: ${mapped} of ${points}`)
    t.ok(mapped >= 0.6 * points, source)
  }
  t.match(report(book, [], { mistakes: [], changes: undefined }), /DRUG-INDICATION +57\/57 +100 % +.*第12批/)
})

/** Someone whom a clause of the map describes, as far as a claim can tell. */
function fitting(cells: Record<string, string>): SettlementChanges {
  const { diagnoses = '', min = '', max = '', unit = '', sex = '', insurance = '' } = cells
  const age = Number(min || max || 40)
  const [years, months] = unit === '月' ? [0, age] : [age, 0]
  const birth = new Date(Date.UTC(2026 - years, 6 - months, 1)).toISOString().slice(0, 10)
  const codes = diagnoses === '' ? ['Z00.000'] : diagnoses.split('&').map((set) => set.split('|')[0]!)
  return {
    patient: {
      birth_date: birth, sex: sex === '女' ? 'female' : 'male',
      ...(insurance === '' ? {} : { insurance_type: insurance.split('|')[0]! }),
    },
    visit: { start: '2026-07-01', end: '2026-07-02', ...of(...codes).visit },
  }
}

t.test('every drug of the list is told for a stranger, and for nobody whom a clause describes', async (t) => {
  const book = await drugBook()
  const read = (name: string) =>
    parse(readFileSync(`rules/tables/${name}.csv`), { columns: true }) as Record<string, string>[]
  const clauses = read('indication-map')
  const counts = { hit: 0, unknown: 0, fitting: 0 }
  const wrong: string[] = []
  for (const { code, name, point } of read('drug-indication')) {
    const judged = (changes: SettlementChanges) => evaluate(book, settled({
      settled_at: '2026-07-02T15:00:00+08:00',
      items: [{ code: code!, service_time: '2026-07-01T10:00:00+08:00' }], ...changes,
    }), emptyView)
    const own = clauses.filter((clause) => clause['point'] === point)
    const stranger = judged(fitting({}))
    const isOpen = own.some(({ diagnoses, insurance }) => diagnoses === '' && insurance === '')
    if (isOpen) counts.unknown++
    else counts.hit++
    if ((stranger.findings.length === 0) !== isOpen) wrong.push(`${name}: a stranger`)
    if (isOpen && stranger.unknowns.length === 0) wrong.push(`${name}: clear for a stranger`)
    for (const clause of own) {
      counts.fitting++
      const { findings: told } = judged(fitting(clause))
      if (told.length > 0) wrong.push(`${clause['code']}: told of one it describes`)
    }
  }
  t.comment(counts)
  t.strictSame(wrong, [])
})

const ours = /\.csv$/
const icdFile = '../shared/data/chs-codes/icd10_chs.csv.gz'

t.test('every prefix of our tables begins some code of the national ICD-10', {
  skip: existsSync(icdFile) ? false : 'the ICD-10 list is not beside the project',
}, async (t) => {
  const codes = parse(gunzipSync(readFileSync(icdFile)), { columns: true }) as { icd_code: string }[]
  const beginnings = new Set<string>()
  for (const { icd_code: code } of codes) {
    for (const half of code.split('+')) {
      for (let length = 1; length <= half.length; length++) beginnings.add(half.slice(0, length))
    }
  }
  const wrong: string[] = []
  let prefixes = 0
  for (const name of readdirSync('rules/tables').filter((one) => ours.test(one))) {
    const rows = parse(readFileSync(`rules/tables/${name}`), { columns: true }) as Record<string, string>[]
    for (const row of rows) {
      for (const prefix of (row['diagnoses'] ?? '').split(/[|&]/).filter((one) => one !== '')) {
        prefixes++
        if (!beginnings.has(prefix)) wrong.push(`${name} ${row['code']} ${prefix}`)
      }
    }
  }
  t.comment(`${prefixes} prefixes`)
  t.strictSame(wrong, [])
  t.ok(prefixes > 100)
})
