import { existsSync, readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import t from 'tap'
import { classesOf, drugClass } from '../../src/claim/drug-class.js'

t.test('a class is the fourth level of a Western drug and lies in the ranges of its beginnings', async (t) => {
  const metformin = drugClass('XA10BAB041A001010199041')
  t.equal(metformin, drugClass('XA10BA'))
  t.not(metformin, drugClass('XA10BB'))
  for (const beginning of ['X', 'XA', 'XA1', 'XA10', 'XA10B', 'XA10BA']) {
    const { from, until } = classesOf(beginning)!
    t.ok(from <= metformin && metformin < until, beginning)
  }
  for (const beginning of ['XB', 'XA0', 'XA11', 'XA10A', 'XA10BB']) {
    const { from, until } = classesOf(beginning)!
    t.notOk(from <= metformin && metformin < until, beginning)
  }
})

t.test('what is no Western drug has no class, and what a class cannot tell has no range', async (t) => {
  const none = ['', 'XA10B', 'ZA12HAX0869010101267', '001102000050000', 'XQ10BAB', 'XA99BAB', 'XAxxBAB', 'XA10.AB', 'XA10B1B']
  t.strictSame(none.map(drugClass), none.map(() => 0))
  t.strictSame(['', 'Z', 'XQ', 'XA99', 'XA10BAB', 'XA1B'].map(classesOf), Array(6).fill(undefined))
})

t.test('every class fits 16 bits and names one group', async (t) => {
  const seen = new Set<number>()
  for (const letter of 'ABCDEFGHIJKLMNOPQRSTUVWX') seen.add(drugClass(`XV20${letter}${letter}`))
  seen.add(drugClass('XV20ZZ'))
  t.equal(seen.size, 25)
  t.equal(Math.max(...seen), 95 * 625)
  t.equal(Math.min(...seen, drugClass('XA01AA')), 1)
})

const codesFile = '../shared/data/nhsa-two-libraries/knowledge_point_codes.csv.gz'

t.test('every Western drug of the public knowledge points has a class', {
  skip: existsSync(codesFile) ? false : 'the knowledge points are not beside the project',
}, async (t) => {
  const codes = new Set(gunzipSync(readFileSync(codesFile)).toString('utf8').match(/\bX[A-Z]\d{2}[A-Z]{3}[0-9A-Z]{16}\b/g))
  t.ok(codes.size > 1_000)
  t.strictSame([...codes].filter((code) => drugClass(code) === 0), [])
})
