// A line's fields read in one pass are those that would be found one by one.
import fc from 'fast-check'
import t from 'tap'
import { lineField } from '../../src/nhsa/audit-fields.js'
import { FieldReader } from '../../src/nhsa/field-reader.js'
import { names, valueOf } from '../../src/nhsa/node.js'
import type { Node } from '../../src/nhsa/node.js'

const seed = 20_261_123
const fields = Object.keys(lineField) as (keyof typeof lineField)[]

t.test(`whatever a line holds, in whatever order, each field is found under the first of its names (seed ${seed})`, (t) => {
  const reader = new FieldReader(lineField)
  const name = fc.constantFrom(...fields.flatMap((field) => lineField[field]), 'unknown', '__proto__', '1')
  const value = fc.constantFrom('', ' ', '-', null, 0, '0', 'x', false, 3.5, {}, [])
  fc.assert(fc.property(fc.array(fc.tuple(name, value)), (entries) => {
    const node = JSON.parse(JSON.stringify(Object.fromEntries(entries))) as Node
    const found = reader.read(node)
    for (const field of fields) {
      if (found[reader.at[field]] !== valueOf(node, lineField[field])) return false
    }
    return true
  }), { seed, numRuns: 2_000 })
  t.end()
})

t.test('a name that two fields share gives both their value', (t) => {
  const reader = new FieldReader({ at: names('fee_time', 'start'), start: names('start') })
  const { at, start } = reader.at
  const read = (node: Node) => {
    const found = reader.read(node)
    return [found[at], found[start]]
  }
  t.strictSame(read({ start: '1' }), ['1', '1'])
  t.strictSame(read({ start: '1', feeTime: '2' }), ['2', '1'])
  t.strictSame(read({ fee_time: '-', start: '1' }), ['1', '1'])
  t.strictSame(read({}), [undefined, undefined])
  t.end()
})
