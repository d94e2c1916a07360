// The compiled checks of every shape on the wire, and what a failed one says. The check runs on
// every event; errors are collected only after it has failed. Never repeats a value of the event.
import { TypeCompiler } from '@sinclair/typebox/compiler'
import type { TypeCheck, ValueError } from '@sinclair/typebox/compiler'
import type { Static, TSchema } from '@sinclair/typebox'
import { ServiceError } from '../errors.js'
import { dataWire, EnvelopeWire } from './wire.js'

export const envelopeShape = TypeCompiler.Compile(EnvelopeWire)

/** One compiled check by event type. */
export const dataShapes = {
  settlement: TypeCompiler.Compile(dataWire.settlement),
  reversal: TypeCompiler.Compile(dataWire.reversal),
  admission: TypeCompiler.Compile(dataWire.admission),
  discharge: TypeCompiler.Compile(dataWire.discharge),
  presence: TypeCompiler.Compile(dataWire.presence),
  stock: TypeCompiler.Compile(dataWire.stock),
  registry: TypeCompiler.Compile(dataWire.registry),
  feedback: TypeCompiler.Compile(dataWire.feedback),
  asked: TypeCompiler.Compile(dataWire.asked),
  demotion: TypeCompiler.Compile(dataWire.demotion),
} as const

/** The value with its type, or the first thing that is wrong with it, below `base`. */
export function shaped<T extends TSchema>(
  shape: TypeCheck<T>, value: unknown, base: string,
): Static<T> {
  if (shape.Check(value)) return value
  throw firstMistake(shape, value, base)
}

function firstMistake<T extends TSchema>(shape: TypeCheck<T>, value: unknown, base: string) {
  const mistake = innermost(shape.Errors(value).First()!) // the check has failed: there is one
  const path = base + mistake.path
  if (typeof mistake.value === 'number' && !Number.isFinite(mistake.value)) {
    return new ServiceError('CLAIM_NUMBER_INVALID', { path, detail: 'larger than any number' })
  }
  const about = describe(mistake.schema)
  const detail = mistake.message.toLowerCase() + (about === undefined ? '' : `; this is ${about}`)
  return new ServiceError('EVENT_MALFORMED', { path, detail })
}

/** A field that may be null is a union, which only says that it fits nowhere: look inside. */
function innermost(mistake: ValueError): ValueError {
  for (const variant of mistake.errors) {
    const inner = variant.First()
    if (inner !== undefined && inner.path.length > mistake.path.length) return innermost(inner)
  }
  return mistake
}

function describe({ description, anyOf }: TSchema): string | undefined {
  if (typeof description === 'string') return description
  return Array.isArray(anyOf) ? describe(anyOf[0] as TSchema) : undefined
}
