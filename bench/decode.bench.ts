// How long does it take to make a claim out of bytes, beside JSON.parse alone?
import { decodeEvent } from '../src/claim/decode.js'
import { figureRow, microseconds } from './measure.js'
import type { BenchOptions, Row } from './measure.js'
import { trafficOf, usualTime } from './traffic.js'

export async function decodeBench({ isSmoke, seed }: BenchOptions): Promise<Row[]> {
  const rows: Row[] = []
  for (const lines of [5, 30]) {
    const next = trafficOf({ seed, patients: 10_000, lines, hasTraceCodes: true })
    const inputs = Array.from({ length: isSmoke ? 300 : 2_000 }, (_, n) => Buffer.from(next(n).body))
    const rounds = isSmoke ? 3 : 9
    const parse = microseconds(inputs, rounds, (bytes) => { JSON.parse(bytes.toString('utf8')) })
    const whole = microseconds(inputs, rounds, (bytes) => { decodeEvent(bytes, { receivedAt: usualTime }) })
    rows.push(figureRow(`JSON.parse alone, ${lines} lines, ${inputs[0]!.length} bytes`, parse, 'µs'))
    rows.push(figureRow(`decode (parse included), ${lines} lines`, whole, 'µs'))
  }
  return rows
}
