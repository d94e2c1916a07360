// GET /v1/rules and /v1/rules/:id: what is in force, and why. POST /v1/rules/reload: takes up
// the rules folder as it is now, all of it or nothing.
import { Type } from '@sinclair/typebox'
import type { Static } from '@sinclair/typebox'
import { ServiceError } from '../errors.js'
import { formatDay } from '../rulebook/dates.js'
import type { Rule } from '../rulebook/rulebook.js'
import { requireInstitution } from './access.js'
import { problemType, ProblemWire, refusalOf } from './error-reply.js'
import { everyInstitution } from './keys.js'
import type { App, HttpDeps } from './server.js'

const text = Type.String()
const answers = Type.Object({ answered: Type.Integer(), overridden: Type.Integer() })
const listed = {
  id: text,
  title: text,
  national_code: Type.String({ description: 'GZ… or ZB…; empty where there is none' }),
  national_name: text,
  number_2025: Type.Union([Type.Integer(), Type.Null()]),
  class: text,
  subclass: text,
  check: Type.String({ description: 'Kind of check' }),
  status: Type.String({ description: 'draft, trial, active or retired' }),
  is_held: Type.Boolean({ description: 'It fires too often: kept, not sent, until it is confirmed' }),
  override_jump: Type.Union([Type.Null(), Type.Object({ recent: answers, earlier: answers })], {
    description: 'Users suddenly go on with it all the same: the last 7 days, the 28 before; else null',
  }),
  demoted_on: Type.Union([Type.Null(), text], {
    description: 'Back on trial since this day (auto_demote), until it is confirmed; else null',
  }),
  severity: Type.String({ description: 'violation, suspect, notice or indicator' }),
  stages: Type.Array(text),
}

export const RulesAnswer = Type.Object({
  rulebook: Type.String({ description: 'Version of the rule book in force' }),
  rules: Type.Array(Type.Object(listed)),
})
export const RuleAnswer = Type.Object({
  rulebook: text,
  ...listed,
  judges: Type.String({ description: 'What its kind of check judges' }),
  owner: Type.String({ description: 'Whose history it reads' }),
  basis: Type.Array(Type.Object({
    document: text, article: text, url: Type.Optional(text),
    valid_from: Type.Optional(text), valid_to: Type.Optional(text),
  }), { description: 'Its law; the days (the last exclusive) where it changed' }),
  brief: Type.String({ description: 'What a doctor is told while ordering' }),
  advice: text,
  known_false_alarms: Type.Array(text),
  file: Type.String({ description: 'Where it is written' }),
})
export const ReloadAnswer = Type.Object({
  rulebook: text,
  is_changed: Type.Boolean({ description: 'False: the files are those of the rule book in force' }),
})

const problems = { '4xx': ProblemWire, '5xx': ProblemWire }

/**
 * GET /v1/rules and /v1/rules/:id, and the reload: the scope `rules`. Throws REQUEST_NOT_FOUND for an
 * id that no rule has.
 */
export function rulesRoutes(app: App, deps: HttpDeps): void {
  app.get('/v1/rules', {
    config: { scope: 'rules' },
    schema: { summary: 'List the rules', response: { 200: RulesAnswer, ...problems } },
  }, () => {
    const { version, rules } = deps.rulebook()
    return { rulebook: version, rules: rules.map((rule) => describe(rule, deps)) }
  })

  app.get('/v1/rules/:id', {
    config: { scope: 'rules' },
    schema: {
      summary: 'One rule, with its legal basis',
      params: Type.Object({ id: Type.String({ maxLength: 40 }) }),
      response: { 200: RuleAnswer, ...problems },
    },
  }, (request) => {
    const { version, rules } = deps.rulebook()
    const rule = rules.find(({ id }) => id === request.params.id)
    if (rule === undefined) {
      throw new ServiceError('REQUEST_NOT_FOUND', { detail: 'no rule has this id' })
    }
    return { rulebook: version, ...explain(rule, deps) }
  })

  reloadRoute(app, deps)
}

function reloadRoute(app: App, { reload }: HttpDeps): void {
  app.post('/v1/rules/reload', {
    config: { scope: 'rules' },
    schema: {
      summary: 'Take up changed rules, all or nothing',
      description: 'For keys of all institutions. 422 names every mistake with file and line; '
        + 'then the old rule book stays in force.',
      response: { 200: ReloadAnswer, ...problems },
    },
  }, async (request, reply) => {
    requireInstitution(request, everyInstitution)
    const reloaded = await reload()
    if (reloaded.ok) return { rulebook: reloaded.version, is_changed: reloaded.isChanged }
    const { mistakes } = reloaded
    const detail = `${mistakes.length} mistakes`
    const refused = refusalOf(new ServiceError('RULEBOOK_INVALID', { detail }), request.id)
    request.errorCode = refused.code
    const problem = { ...refused.problem, mistakes: mistakes.map((mistake) => ({ ...mistake })) }
    return reply.code(422).type(problemType).send(problem)
  })
}

type Told = Pick<HttpDeps, 'isHeld' | 'overridesOf'>

function describe(rule: Rule, { isHeld, overridesOf }: Told): Static<typeof RulesAnswer>['rules'][number] {
  const { jump, demotedDay } = overridesOf(rule)
  return {
    id: rule.id,
    title: rule.title,
    national_code: rule.nationalCode,
    national_name: rule.nationalName,
    number_2025: rule.number2025 ?? null,
    class: rule.class,
    subclass: rule.subclass,
    check: rule.check.kind,
    status: rule.status,
    is_held: isHeld(rule.id),
    override_jump: jump === undefined ? null : { recent: jump.recent, earlier: jump.earlier },
    demoted_on: demotedDay === undefined ? null : formatDay(demotedDay),
    severity: rule.severity,
    stages: [...rule.stages],
  }
}

function explain(rule: Rule, told: Told): Omit<Static<typeof RuleAnswer>, 'rulebook'> {
  return {
    ...describe(rule, told),
    judges: rule.check.meta.summary,
    owner: rule.owner,
    basis: rule.basis.map(({ fromDay, untilDay, ...article }) => ({
      ...article,
      ...(fromDay === undefined ? {} : { valid_from: formatDay(fromDay) }),
      ...(untilDay === undefined ? {} : { valid_to: formatDay(untilDay) }),
    })),
    brief: rule.brief,
    advice: rule.advice,
    known_false_alarms: [...rule.falseAlarms],
    file: rule.file,
  }
}
