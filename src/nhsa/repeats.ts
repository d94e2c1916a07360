// A message that is sent again: the same msgid with the same input gets the answer that is known, or
// being made. Remembers nothing for longer than that, and within a bound.
import { createHash } from 'node:crypto'
import { LRUCache } from 'lru-cache'
import { NhsaRefusal } from './refusal.js'

const bytesMax = 67_108_864
/** An answer as remembered: some findings of a bill; the bound is of the order, not of the byte. */
const answerBytes = 4_096
const inputName = Buffer.from('"input"')

interface Repeated {
  readonly content: string
  readonly answer: Promise<string>
}

/**
 * Answers by name, each known for `ttlMs` milliseconds; for want of room the one asked for longest ago
 * leaves.
 */
export class Repeats {
  readonly #answers: LRUCache<string, Repeated>

  /** `elapsed`: milliseconds that never go back. */
  constructor({ ttlMs, elapsed }: { ttlMs: number, elapsed: () => number }) {
    this.#answers = new LRUCache({
      ttl: ttlMs,
      perf: { now: elapsed },
      maxSize: bytesMax,
      sizeCalculation: () => answerBytes,
    })
  }

  /** Runs it, unless its answer is known. Rejects with NhsaRefusal for other content under the name. */
  once(name: string, bytes: Uint8Array, run: () => Promise<string>): Promise<string> {
    const content = contentOf(bytes)
    const known = this.#answers.get(name)
    if (known !== undefined) {
      if (known.content === content) return known.answer
      return Promise.reject(new NhsaRefusal('发送方报文ID msgid 重复，而内容不同'))
    }
    const answer = run()
    this.#answers.set(name, { content, answer })
    answer.catch(() => { this.forget(name) }) // what failed may be tried again
    return answer
  }

  /** The next one of this name is a new one. */
  forget(name: string): void {
    this.#answers.delete(name)
  }
}

/** Of the bytes from `input` on: what comes before it may have another time when it is sent again. */
function contentOf(bytes: Uint8Array): string {
  const at = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).indexOf(inputName)
  return createHash('sha256').update(bytes.subarray(Math.max(at, 0))).digest('base64')
}
