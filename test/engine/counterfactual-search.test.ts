// Where the border is: searches over whole numbers, against looking at every one.
import fc from 'fast-check'
import t from 'tap'
import { fewest, largest } from '../../src/engine/counterfactual-search.js'

const seed = 20_261_101

t.test('searches find the border and ask seldom', async (t) => {
  t.doesNotThrow(() => fc.assert(fc.property(fc.integer({ min: 1, max: 5_000 }), fc.integer({ min: -5, max: 6_000 }), fc.integer({ min: 0, max: 5_000 }),
    (top, guess, border) => {
      let asked = 0
      const found = largest((number) => { asked++; return number <= border }, { guess, top })
      const right = Math.min(border, top - 1)
      return found === (right < 1 ? undefined : right) && asked <= 16
    }), { seed }))
  t.doesNotThrow(() => fc.assert(fc.property(fc.integer({ min: 1, max: 200 }), fc.integer({ min: 1, max: 220 }), (top, border) =>
    fewest((number) => number >= border, top) === (border <= top ? border : undefined)), { seed }))
})
