// Where in an event decode is reading, so that a refusal can name it. One Place moves along the
// claim: nothing is built for the fields that are well. May not hold or repeat a value of the
// event.
import { ServiceError } from '../errors.js'
import type { ErrorCode } from '../errors.js'

/** Where decode is: `enter` and `leave` move it, `refusal` makes the error that names a field there. */
export class Place {
  #list = ''
  #index = -1

  /** `base` is the JSON pointer of the event's `data` in what the sender sent. */
  constructor(readonly base: string) {}

  /** From here on fields belong to one entry of a list. */
  enter(list: string, index: number): void {
    this.#list = list
    this.#index = index
  }

  /** From here on fields belong to `data` itself, and are given with their path below it. */
  leave(): void {
    this.#index = -1
  }

  /** The error to throw about a field; `detail` is a sentence that repeats nothing of the event. */
  refusal(code: ErrorCode, field: string, detail: string): ServiceError {
    const owner = this.#index < 0 ? this.base : `${this.base}/${this.#list}/${this.#index}`
    return new ServiceError(code, { path: `${owner}/${field}`, detail })
  }
}
