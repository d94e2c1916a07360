// The gateway's signature (x-tif-*): hex SHA-256 over timestamp, secret, nonce, timestamp. It covers no
// body: freshness and a nonce that is used once are all it can give, so both are held here.
import { createHash, timingSafeEqual } from 'node:crypto'
import { LRUCache } from 'lru-cache'
import { NhsaRefusal } from './refusal.js'

/** A caller's clock may differ by this much, in seconds (the public verifiers' own tolerance). */
export const windowSeconds = 180
/** Nonces of one window at a thousand calls a second, on both sides of now. */
const noncesMaxDefault = 500_000

export interface SignatureHeaders {
  readonly paasid: string
  readonly timestamp: string
  readonly nonce: string
  readonly signature: string
}

export interface Signed {
  /** Secrets of the caller; two while they are being changed. */
  readonly secrets: readonly string[]
  /** Seconds, UTC. */
  readonly now: number
}

/** One for a process: a nonce used at another one would pass. `now` and timestamps are seconds. */
export class SignatureCheck {
  readonly #nonces: LRUCache<string, number>
  readonly #noncesMax: number
  #forgotten = 0

  constructor(noncesMax = noncesMaxDefault) {
    // Bounded by size: `max` would lay out the memory of a whole window beforehand.
    this.#nonces = new LRUCache({ maxSize: noncesMax, sizeCalculation: () => 1 })
    this.#noncesMax = noncesMax
  }

  /** Nonces that left before their window was over: a replay of one would pass. */
  get forgotten(): number {
    return this.#forgotten
  }

  /** Throws NhsaRefusal; the text never says which part of a signature was wrong. */
  verify({ paasid, timestamp, nonce, signature }: SignatureHeaders, { secrets, now }: Signed): void {
    if (paasid === '' || timestamp === '' || nonce === '' || signature === '') {
      throw new NhsaRefusal('签名验证失败：缺少 x-tif-paasid、x-tif-timestamp、x-tif-nonce 或 x-tif-signature')
    }
    const at = /^\d{1,12}$/.test(timestamp) ? Number(timestamp) : Number.NaN
    if (!(Math.abs(now - at) <= windowSeconds)) {
      throw new NhsaRefusal(`签名验证失败：x-tif-timestamp 与本机时间相差超过 ${windowSeconds} 秒`)
    }
    const given = Buffer.from(signature.toLowerCase(), 'latin1')
    let isRight = false
    for (const secret of secrets) { // all of them, so that the time tells nothing
      const right = Buffer.from(signatureOf({ timestamp, secret, nonce }), 'latin1')
      if (given.length === right.length && timingSafeEqual(given, right)) isRight = true
    }
    if (!isRight) throw new NhsaRefusal('签名验证失败')
    this.#use(`${paasid} ${nonce}`, now, at)
  }

  #use(key: string, now: number, at: number): void {
    if ((this.#nonces.get(key) ?? -Infinity) >= now) throw new NhsaRefusal('签名验证失败：x-tif-nonce 已使用过')
    if (this.#nonces.size >= this.#noncesMax && this.#nonces.pop()! >= now) this.#forgotten++
    this.#nonces.set(key, at + windowSeconds) // as long as its timestamp may be presented
  }
}

/** What a caller sends; upper-case hex is as good. */
export function signatureOf(
  { timestamp, secret, nonce }: { timestamp: string, secret: string, nonce: string },
): string {
  return createHash('sha256').update(`${timestamp}${secret}${nonce}${timestamp}`, 'utf8').digest('hex')
}
