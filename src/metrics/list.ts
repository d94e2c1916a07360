// The list of metrics: names, meanings, and what an operator does when one moves. What they
// count is kept by metrics.ts.
import type { Counted, Readings } from '../metrics.js'
import { deliveryMetrics } from './delivery.js'
import { feedbackMetrics } from './feedback.js'
import type { Sample, SeriesOptions } from './series.js'

const fenPerYuan = 100

/** Every metric of our own, in the order of the path. */
export function metricList(counted: Counted): readonly SeriesOptions[] {
  return [
    ...pathMetrics(counted), ...latencyMetrics(counted), ...nhsaMetrics(counted), ...historyMetrics(counted),
    ...streamMetrics(counted), ...rulebookMetrics(counted), ...deliveryMetrics(counted.delivery),
    ...feedbackMetrics(counted),
  ]
}

function pathMetrics(counted: Counted): SeriesOptions[] {
  return [
    {
      name: 'claims_events_total', type: 'counter', labels: ['type', 'result'],
      help: 'Events of the stream, by what became of them',
      advice: 'none for minutes: ask the senders, look at `/readyz`',
      samples: () => counted.events.samples(),
    },
    {
      name: 'claims_judged_total', type: 'counter', labels: [],
      help: 'Claims judged', advice: '',
      samples: () => one(counted.judged),
    },
    {
      name: 'claims_findings_total', type: 'counter', labels: ['rule', 'severity', 'status'],
      help: 'Findings by rule; `active` are sent, `trial`, `exempted` and `held` are not',
      advice: 'a rule that jumps: read some of its warnings before believing it',
      samples: () => counted.findings.samples(),
    },
    {
      name: 'claims_unknown_total', type: 'counter', labels: ['rule', 'field'],
      help: 'Rules that could not be judged, by the missing field',
      advice: 'ask the senders for the field: the rule is silent, not satisfied',
      samples: () => counted.unknowns.samples(),
    },
    {
      name: 'claims_check_failures_total', type: 'counter', labels: ['rule'],
      help: 'Rules whose check threw', advice: 'a bug of ours: the log has it; report it',
      samples: () => counted.failures.samples(),
    },
    {
      name: 'claims_at_risk_yuan_total', type: 'counter', labels: [],
      help: 'Money at risk over all claims with active findings, no item counted twice', advice: '',
      samples: () => one(counted.atRiskFen / fenPerYuan),
    },
    {
      name: 'claims_dead_total', type: 'counter', labels: ['code'],
      help: 'Dead letters by error code',
      advice: '`npm run store -- dead` lists them; mend the sender, send them again',
      samples: () => counted.dead.samples(),
    },
  ]
}

function latencyMetrics(counted: Counted): SeriesOptions[] {
  return [
    {
      name: 'claims_judgement_seconds', type: 'histogram', labels: [],
      help: 'Time of one judgement: history read, evaluate, history change',
      advice: 'slower after a reload: look for a rule that every claim wakes',
      samples: () => counted.judgement.samples('claims_judgement_seconds'),
    },
    {
      name: 'claims_warning_seconds', type: 'histogram', labels: [],
      help: 'From the receipt of an event to the acceptance of its warning',
      advice: 'look at the lag, then at the disk of the NATS server',
      samples: () => counted.warning.samples('claims_warning_seconds'),
    },
    {
      name: 'claims_commit_seconds', type: 'histogram', labels: [],
      help: 'Time of one commit of the store',
      advice: 'over 0.5 s: the disk of `DATA_DIR` is slow or busy',
      samples: () => counted.commit.samples('claims_commit_seconds'),
    },
    {
      name: 'claims_http_request_seconds', type: 'histogram', labels: ['route'],
      help: 'Time of one answer over HTTP', advice: '',
      samples: () => [...counted.requests].flatMap(([route, histogram]) =>
        histogram.samples('claims_http_request_seconds', { route })),
    },
    {
      name: 'claims_http_refused_total', type: 'counter', labels: ['code'],
      help: 'Requests answered with an error, by its code',
      advice: '`SERVICE_OVERLOADED`: send less or add a core; `REQUEST_UNAUTHORIZED`: an old key',
      samples: () => counted.refusals.samples(),
    },
  ]
}

function nhsaMetrics(counted: Counted): SeriesOptions[] {
  return [
    {
      name: 'claims_nhsa_answers_total', type: 'counter', labels: ['infno', 'result'],
      help: 'Answers of the national interface: complete, incomplete (fail open), refused',
      advice: 'incomplete ones rise: the service is behind or too slow; refused ones: ask the sender',
      samples: () => counted.nhsaAnswers.samples(),
    },
    {
      name: 'claims_nhsa_repairs_total', type: 'counter', labels: ['kind'],
      help: 'What had to be put right to read a message of the national interface', advice: '',
      samples: () => counted.nhsaRepairs.samples(),
    },
    {
      name: 'claims_nhsa_held_back_total', type: 'counter', labels: [],
      help: 'Findings not shown again within the tenant\'s `repeat_minutes`',
      advice: 'far above the findings shown: somebody asks again and again without a change',
      samples: () => one(counted.heldBack),
    },
    {
      name: 'claims_nhsa_late_total', type: 'counter', labels: [],
      help: 'Answers of the national interface that came after their deadline',
      advice: 'add a core, or ask the hospital to wait longer (`x-deadline-ms`)',
      samples: () => [{ labels: {}, value: counted.nhsaLate }],
    },
    {
      name: 'claims_nhsa_nonces_forgotten_total', type: 'counter', labels: [],
      help: 'Nonces of signatures that were forgotten while the signature could still be used again',
      advice: 'more signed calls than three minutes may hold: limit the sender, or look who floods',
      samples: () => one(counted.nhsaNoncesForgotten()),
    },
    {
      name: 'claims_nhsa_dropped_total', type: 'counter', labels: ['what'],
      help: 'What did not reach the stream after an answer: `asked`, `settlement` (`settlement_from`)',
      advice: 'look at the NATS server and at the log; a lost `settlement` is missing from the histories',
      samples: () => counted.nhsaDropped.samples(),
    },
    {
      name: 'claims_remedies_total', type: 'counter', labels: ['result'],
      help: 'Answers with findings: told what would put one right, none found, or cut by bound or deadline',
      advice: '`cut` often: callers leave too little time',
      samples: () => counted.remediesTold.samples(),
    },
  ]
}

function historyMetrics(counted: Counted): SeriesOptions[] {
  const read = readerOf(counted)
  return [
    {
      name: 'claims_history_hits_total', type: 'counter', labels: [],
      help: 'Histories found in memory', advice: '',
      samples: read(({ history }) => history.hits),
    },
    {
      name: 'claims_history_misses_total', type: 'counter', labels: [],
      help: 'Histories read from the store',
      advice: 'far above the hits: raise `CACHE_BYTES`',
      samples: read(({ history }) => history.misses),
    },
    {
      name: 'claims_history_evictions_total', type: 'counter', labels: [],
      help: 'Histories that made room in memory', advice: '',
      samples: read(({ history }) => history.evictions),
    },
    {
      name: 'claims_history_overflows_total', type: 'counter', labels: [],
      help: 'Histories that met a bound: their rules answer unknown',
      advice: 'rising: a sender repeats one patient key for many persons',
      samples: read(({ history }) => history.overflows),
    },
    {
      name: 'claims_indicator_percent', type: 'gauge', labels: ['indicator', 'level'],
      help: 'Statistical indicators of the month, of institutions of one level that settled since the start',
      advice: 'moving away from the months before: `GET /v1/indicators` tells by institution',
      samples: () => (counted.readings?.indicators ?? [])
        .map(({ percent, ...labels }) => ({ labels, value: percent })),
    },
    {
      name: 'claims_history_bytes', type: 'gauge', labels: [],
      help: 'Memory of decoded histories', advice: '',
      samples: read(({ history }) => history.bytes),
    },
    {
      name: 'claims_history_pinned', type: 'gauge', labels: [],
      help: 'Records changed and not yet committed',
      advice: 'rising without end: commits do not come through; look at the disk',
      samples: read(({ history }) => history.pinned),
    },
  ]
}

function streamMetrics(counted: Counted): SeriesOptions[] {
  const read = readerOf(counted)
  return [
    {
      name: 'claims_stream_lag_messages', type: 'gauge', labels: [],
      help: 'Events in the stream that were not read yet',
      advice: 'rising for minutes: more comes in than one core judges',
      samples: read(({ lag }) => lag.messages),
    },
    {
      name: 'claims_stream_lag_seconds', type: 'gauge', labels: [],
      help: 'Age of the last event that was applied, while there is a lag', advice: 'as above',
      samples: read(({ lag }) => lag.seconds),
    },
    {
      name: 'claims_accounting', type: 'gauge', labels: ['part'],
      help: 'Events by part: received is the sum of the others',
      advice: 'not the sum: a bug of ours; report it with the log',
      samples: () => Object.entries(counted.readings?.accounting ?? {})
        .map(([part, value]) => ({ labels: { part }, value })),
    },
  ]
}

function rulebookMetrics(counted: Counted): SeriesOptions[] {
  return [
    {
      name: 'claims_rulebook_info', type: 'gauge', labels: ['version'],
      help: 'The rule book in force: always 1', advice: '',
      samples: () => counted.version === ''
        ? []
        : [{ labels: { version: counted.version }, value: 1 }],
    },
    {
      name: 'claims_knowledge_info', type: 'gauge', labels: ['version'],
      help: 'The knowledge folder in force: always 1',
      advice: 'instances of a region differ: `npm run knowledge -- fetch` where the version is the old one',
      samples: () => counted.knowledge === ''
        ? []
        : [{ labels: { version: counted.knowledge }, value: 1 }],
    },
    {
      name: 'claims_rulebook_reloads_total', type: 'counter', labels: ['result'],
      help: 'Reloads that were tried', advice: '',
      samples: () => counted.reloads.samples(),
    },
    {
      name: 'claims_rulebook_reload_successful', type: 'gauge', labels: [],
      help: '1 when the last reload was accepted, else 0',
      advice: '0: the log names every mistake with file and line; the old rule book is in force',
      samples: () => one(Number(counted.isReloaded)),
    },
    heldMetric(counted),
  ]
}

/** Rules that fire too often. */
function heldMetric(counted: Counted): SeriesOptions {
  return {
    name: 'claims_rule_held', type: 'gauge', labels: ['rule'],
    help: 'Newly active rules that fire too often and are not sent: 1',
    advice: 'read its findings on `claims.trial.<rule>`, then `npm run rules -- confirm <rule> <who>`, '
      + 'or put it on trial',
    samples: () => (counted.readings?.held ?? []).map((rule) => ({ labels: { rule }, value: 1 })),
  }
}

function one(value: number): readonly Sample[] {
  return [{ labels: {}, value }]
}

/** No sample while there is nothing to read: 0 would be a lie. */
function readerOf(counted: Counted) {
  return (pick: (readings: Readings) => number) => (): readonly Sample[] => {
    const { readings } = counted
    return readings === undefined ? [] : one(pick(readings))
  }
}
