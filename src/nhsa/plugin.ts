// The door of the national interface: POST the envelope, get the envelope. A Fastify plugin over plain
// functions, for service.ts to register; its own body parser, its own way to say no.
import type { FastifyPluginCallback, FastifyReply, FastifyRequest } from 'fastify'
import { ServiceError } from '../errors.js'
import { NhsaCalls } from './calls.js'
import type { NhsaDeps } from './calls.js'
import { nhsaParams, nhsaSchema } from './openapi.js'

const contentType = 'application/json; charset=utf-8'

interface Route {
  Params: { infno?: string }
  Body: Uint8Array | undefined
}

/** `basePath`: where HIS clients post to, with or without the infno behind it. */
export function nhsaDoor(deps: NhsaDeps, { basePath }: { basePath: string }): FastifyPluginCallback {
  return (app, _options, done) => {
    const calls = new NhsaCalls(deps)
    app.removeAllContentTypeParsers() // clients send JSON as text/plain, as a form, in GBK
    app.addContentTypeParser('*', { parseAs: 'buffer' }, (request, body, parsed) => {
      app.overload.turns.enter(() => parsed(null, body), () => {
        request.isLate = true
        parsed(null)
      })
    })
    app.setErrorHandler((error, request: FastifyRequest, reply) => {
      const sentence = sentenceOf(error, () => deps.onFailure(error, request.id))
      if (error instanceof ServiceError) {
        request.errorCode = error.code
        if (error.retry === 'later') void reply.header('retry-after', '1')
      }
      void send(reply, calls.refuse(headOf(request), sentence))
    })
    const headOf = (request: FastifyRequest) => ({
      header: (name: string) => textOf(request.headers[name]),
      startedAt: deps.startedAt(request),
    })
    app.overload.sayNo(basePath, ({ headers }) => ({
      status: 200,
      headers: { 'content-type': contentType, 'cache-control': 'no-store', 'retry-after': '1' },
      body: calls.refuse({
        header: (name) => textOf(headers[name]), startedAt: deps.elapsed(),
      }, sentences['SERVICE_OVERLOADED']!),
    }))
    const answer = async (request: FastifyRequest<Route>, reply: FastifyReply) => {
      const { params, body } = request
      const head = headOf(request)
      request.asker = { who: '', institution: '' }
      await send(reply, await calls.answer({
        bytes: body ?? new Uint8Array(0),
        infnoOfPath: params.infno === '' ? undefined : params.infno, // an address that ends with /
        charset: /charset=["']?([\w-]+)/i.exec(head.header('content-type'))?.[1],
        ...head,
        asker: request.asker,
        caller: request.caller?.id,
        key: deps.keyOf(request),
        mayAsk: (institution) => deps.mayAsk(request, institution),
      }))
    }
    app.setValidatorCompiler(() => () => true) // the schema is for readers; readEnvelope says what is wrong
    const config = { isPersonal: true }
    app.post<Route>(basePath, { schema: nhsaSchema, config }, answer)
    app.post<Route>(`${basePath}/:infno`, { schema: { ...nhsaSchema, params: nhsaParams }, config }, answer)
    app.post<Route>(`${basePath}/:infno/`, { schema: { hide: true }, config }, answer)
    done()
  }
}

function send(reply: FastifyReply, text: string): FastifyReply {
  return reply.code(200).header('content-type', contentType).send(text)
}

const textOf = (value: string | string[] | undefined): string => (typeof value === 'string' ? value : '')

const sentences: Readonly<Record<string, string>> = {
  SERVICE_OVERLOADED: '系统繁忙，请稍后重试',
  SERVICE_STOPPING: '系统正在重启，请一秒后重试',
  REQUEST_TOO_MANY: '请求过于频繁，请稍后重试',
  FST_ERR_CTP_BODY_TOO_LARGE: '报文超过大小上限',
  FST_ERR_CTP_EMPTY_TYPE: '报文为空',
  FST_ERR_CTP_INVALID_MEDIA_TYPE: '请求头 content-type 无法识别，应为 application/json',
}

function sentenceOf(error: unknown, onFailure: () => void): string {
  const code = typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : ''
  const sentence = sentences[code]
  if (sentence !== undefined) return sentence
  onFailure()
  return '系统内部错误，本次未审核'
}
