// What the OpenAPI document says of every route beside its own schema: how refusals look. Answers nothing.
import type { SwaggerTransform } from '@fastify/swagger'
import { problemType, ProblemWire } from './error-reply.js'

const problem = (description: string) =>
  ({ description, content: { [problemType]: { schema: ProblemWire } } })

const refusals = {
  '4xx': problem('The request is wrong, or not allowed'),
  '5xx': problem('The service cannot answer now'),
}

/** Every route that asks for a key refuses with problem details; the others say what they do themselves. */
export const withRefusals: SwaggerTransform = ({ schema, url, route }) => {
  if (route.config?.scope === undefined) return { schema, url }
  const own = schema.response as Record<string, unknown> | undefined
  return { schema: { ...schema, response: { ...own, ...refusals } }, url }
}
