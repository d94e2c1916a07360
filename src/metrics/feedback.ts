// Metrics of what hospitals did with findings, by rule, over the last month that events tell of. Only rules
// of the rule book in force are labels, and reasons are a closed set: never an institution.
import type { FeedbackFigures } from '../history/feedback-books.js'
import { ratesOf } from '../history/feedback-rates.js'
import type { FeedbackRates } from '../history/feedback-rates.js'
import type { Sample, SeriesOptions } from './series.js'

/** Days of the figures, the latest included. */
export const metricDays = 30

export interface FeedbackReadings {
  /** By rule, over the last days. */
  readonly figures: readonly FeedbackFigures[]
  /** What was forgotten before its time. */
  readonly forgotten: number
  /** Rules that users suddenly go on with all the same; rules that went back to trial for it. */
  readonly jumping: readonly string[]
  readonly demoted: readonly string[]
}

interface Counted {
  readonly ruleIds: ReadonlySet<string>
  readonly readings: { readonly feedback?: () => FeedbackReadings } | undefined
}

const counts = ['shown', 'visits', 'again', 'followed', 'overridden', 'changed', 'kept'] as const

/** Their metrics, in the README's order. */
export function feedbackMetrics(counted: Counted): SeriesOptions[] {
  const each = (samples: (figures: FeedbackFigures) => readonly Sample[]) => () =>
    (counted.readings?.feedback?.().figures ?? [])
      .filter(({ rule }) => counted.ruleIds.has(rule)).flatMap((figures) => [...samples(figures)])
  const rate = (pick: (rates: FeedbackRates) => number | undefined) => each((figures) => {
    const value = pick(ratesOf(figures))
    return value === undefined ? [] : [{ labels: { rule: figures.rule }, value }]
  })
  const marked = (pick: (readings: FeedbackReadings) => readonly string[]) => () => {
    const readings = counted.readings?.feedback?.()
    return (readings === undefined ? [] : pick(readings)).map((rule) => ({ labels: { rule }, value: 1 }))
  }
  return [
    {
      name: 'claims_feedback_findings', type: 'gauge', labels: ['rule', 'what'],
      help: `Last ${metricDays} days: findings \`shown\`, \`followed\`, \`overridden\`; `
        + '`visits` in which it was shown, shown `again`, settled with it (`kept`) or without (`changed`)',
      advice: '`shown` without answers: the hospital sends no 3103',
      samples: each((figures) => counts.map((what) => ({
        labels: { rule: figures.rule, what }, value: figures[what],
      }))),
    },
    {
      name: 'claims_feedback_reasons', type: 'gauge', labels: ['rule', 'reason'],
      help: 'The overridden ones by reason',
      advice: 'much `rule-unfit`: read some of them, then mend the rule or its table',
      samples: each(({ rule, reasons }) => Object.entries(reasons)
        .flatMap(([reason, value]) => value === 0 ? [] : [{ labels: { rule, reason }, value }])),
    },
    {
      name: 'claims_feedback_compliance_ratio', type: 'gauge', labels: ['rule'],
      help: 'Followed of all that were answered', advice: 'falls: look at the reasons',
      samples: rate(({ compliance }) => compliance),
    },
    {
      name: 'claims_feedback_override_ratio', type: 'gauge', labels: ['rule'],
      help: 'Overridden of all that were answered', advice: 'as above',
      samples: rate(({ override }) => override),
    },
    {
      name: 'claims_feedback_repeats_per_visit', type: 'gauge', labels: ['rule'],
      help: 'How often the rule was shown in a visit again',
      advice: 'rises: nobody knows how to put it right; look at its advice',
      samples: rate(({ repeatsPerVisit }) => repeatsPerVisit),
    },
    {
      name: 'claims_rule_override_jump', type: 'gauge', labels: ['rule'],
      help: 'Rules that users go on with all the same far more often than in the weeks before: 1',
      advice: 'read their reasons; mend it, put it on trial, or `npm run rules -- confirm <rule> <who>`',
      samples: marked(({ jumping }) => jumping),
    },
    {
      name: 'claims_rule_demoted', type: 'gauge', labels: ['rule'],
      help: 'Rules with `auto_demote` that went back to trial for it and are not sent: 1',
      advice: 'as above; the confirmation brings it back',
      samples: marked(({ demoted }) => demoted),
    },
    {
      name: 'claims_feedback_forgotten_total', type: 'counter', labels: [],
      help: 'Findings and visits shown that had to make room, rules of a visit that were one too many',
      advice: '',
      samples: () => {
        const forgotten = counted.readings?.feedback?.().forgotten
        return forgotten === undefined ? [] : [{ labels: {}, value: forgotten }]
      },
    },
  ]
}
