// Which answers hold personal data, and who got them: what the audit log is told. Answers to checks are
// told and not waited for, a hospital is never held up; routes that read warnings wait by themselves.
import type { FastifyRequest } from 'fastify'
import { textAt } from './access.js'
import type { App } from './server.js'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Its answers hold what is known of a patient: told to the audit log, as every `check` is. */
    isPersonal?: boolean
  }
  interface FastifyRequest {
    /** Who asks and for whom, where the door learns it from the message; '' for what it does not say. */
    asker: { who: string, institution: string } | undefined
  }
}

export interface AuditedRead {
  readonly who: string
  readonly institution: string
  readonly route: string
  readonly range: string
  readonly request: string
}

export interface Audit {
  /** Resolves when the line is written; rejects with AUDIT_UNAVAILABLE. */
  append(read: AuditedRead): Promise<void>
  /** Within milliseconds, waited for by nobody; it counts what it loses. */
  note(read: AuditedRead): void
}

/** A line about this request. */
export function readOf(
  { caller, asker, id, method, routeOptions: { url } }: FastifyRequest,
  { institution, range }: Pick<AuditedRead, 'institution' | 'range'>,
): AuditedRead {
  return { who: asker?.who || (caller?.id ?? ''), institution, route: `${method} ${url}`, range, request: id }
}

/** Tells of every answer that was given about a patient. */
export function auditAnswers(app: App, audit: Audit): void {
  app.decorateRequest('asker')
  app.addHook('onSend', (request, reply, _payload, done) => {
    const { scope, isPersonal = scope === 'check' } = request.routeOptions.config
    if (isPersonal && reply.statusCode < 300 && request.errorCode === '') {
      const { caller, asker } = request
      const told = asker?.institution || textAt(request.body, 'visit', 'institution', 'id')
      audit.note(readOf(request, { institution: told ?? caller?.institution ?? '', range: 'one answer' }))
    }
    done()
  })
}
