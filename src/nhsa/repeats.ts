// A message that is sent again: the same msgid with the same input gets the answer that is known, or
// being made. Remembers nothing for longer than that, and within a bound.
import { createHash } from 'node:crypto'
import { LRUCache } from 'lru-cache'
import { NhsaRefusal } from './refusal.js'

const bytesMax = 67_108_864
/** An answer as remembered: some findings of a bill; the bound is of the order, not of the byte. */
const answerBytes = 4_096
const inputName = Buffer.from('"input"')
const brace = 0x7d

/** A message that has been read. */
export interface Message {
  readonly bytes: Uint8Array
  /** Its input, where that came as text. */
  readonly inputText: string | undefined
}

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

  /** Runs it, unless its answer is known. Rejects with NhsaRefusal for another input under the name. */
  once(name: string, message: Message, run: () => Promise<string>): Promise<string> {
    const content = contentOf(message)
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

/**
 * Of the input: the fields beside it may have another time or signature when it is sent again. Of its bytes,
 * for to write the parsed input anew takes as long as to parse the message. They end with the last brace
 * but the message's own; a brace in a field behind it makes them longer, never shorter.
 */
function contentOf({ bytes, inputText }: Message): string {
  return createHash('sha256').update(inputText ?? inputBytes(bytes)).digest('base64')
}

function inputBytes(bytes: Uint8Array): Uint8Array {
  const message = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const end = message.lastIndexOf(brace, message.lastIndexOf(brace) - 1)
  const start = message.indexOf(inputName)
  // A name behind it is another field's value: then its own is written with escapes.
  return message.subarray(start < end ? Math.max(start, 0) : 0, end)
}
