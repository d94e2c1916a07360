// The answering envelope: always JSON, always over HTTP 200, in the shape that the tenant's client reads.
import type { Cainfo } from './cainfo.js'
import type { Seal } from './seal.js'
import type { Dialect } from './dialect.js'

const regionMs = 8 * 3_600_000
const noRegion = '000000'

export interface AnswerContext {
  /** Division of the place of care, for inf_refmsgid. */
  readonly region: string
  readonly receivedAt: number
  readonly answeredAt: number
  /** Of this process, from 1. */
  readonly serial: number
  readonly dialect: Dialect
  readonly seal?: Seal | undefined
  readonly cainfo?: Cainfo | undefined
}

/** What operators see of an answer. */
export interface NhsaAnswered {
  /** '' for what was refused. */
  readonly infno: string
  readonly isComplete: boolean
  readonly repairs: readonly string[]
  /** Findings not shown again; absent: none. */
  readonly heldBack?: number
  readonly isRefused: boolean
}

/** `error`: '' when the transaction succeeded. */
export function answerText(output: unknown, error: string, context: AnswerContext): string {
  const { region, receivedAt, answeredAt, serial, dialect, seal, cainfo } = context
  const infcode = error === '' ? 0 : -1
  const received = stamp(receivedAt)
  const place = /^\d{6}$/.test(region) ? region : noRegion
  const answer = {
    infcode: dialect.infcode === 'text' ? String(infcode) : infcode,
    inf_refmsgid: `${place}${received.slice(0, 14)}${String(serial % 1e10).padStart(10, '0')}`,
    refmsg_time: received,
    respond_time: stamp(answeredAt),
    err_msg: error,
    ...(seal === undefined ? {} : { enctype: 'SM4' }),
    output: seal === undefined ? output : seal.close(JSON.stringify(output)),
  }
  return JSON.stringify(cainfo === undefined ? answer : cainfo.signed(answer))
}

/** yyyyMMddHHmmssSSS in the region's time. */
export function stamp(milliseconds: number): string {
  const iso = new Date(Math.floor(milliseconds) + regionMs).toISOString()
  // Cut where it is known to be: a pattern costs as much again.
  return iso.slice(0, 4) + iso.slice(5, 7) + iso.slice(8, 10)
    + iso.slice(11, 13) + iso.slice(14, 16) + iso.slice(17, 19) + iso.slice(20, 23)
}
