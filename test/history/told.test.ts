import t from 'tap'
import { viewWith } from '../../src/history/told.js'
import type { HistoryView } from '../../src/history/view.js'
import { settledOn, World } from '../fixtures/remembered.js'

function visitsOf({ patient }: HistoryView): string[] {
  const visits: string[] = []
  for (let past = patient.first(); past >= 0; past = patient.next(past)) {
    visits.push(patient.settlement(past).visit)
  }
  return visits
}

t.test('visits that are told count once, for the one who tells them, and are forgotten', (t) => {
  const { histories } = new World()
  for (const id of ['S-1', 'S-2']) histories.record(settledOn(id, '2026-02-01'))
  histories.takeChanges()
  const claim = settledOn('S-9', '2026-03-01')
  const told = [
    settledOn('ask-1', '2026-02-10'), settledOn('ask-2', '2026-02-01', { visit: { id: 'V-S-2' } }),
    settledOn('ask-3', '2026-02-11', { patient: { key: 'patient-0002' } }),
    settledOn('ask-4', '2026-12-01'),
  ]
  const day = histories.watermarkDay
  const view = viewWith(histories, claim, { hideOwn: true, told })
  t.strictSame(visitsOf(view), ['V-S-1', 'V-S-2', 'V-ask-1', 'V-ask-4'])
  t.strictSame(visitsOf(viewWith(histories, claim, { told: [] })), ['V-S-1', 'V-S-2'])
  t.strictSame(visitsOf(histories.view(claim)), ['V-S-1', 'V-S-2'])
  t.equal(histories.watermarkDay, day)
  t.strictSame(histories.takeChanges().changes, [])
  t.end()
})
