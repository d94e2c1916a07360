// Patients' records by patient. One string serves all that one claim asks: its hash is reckoned once.
import type { Records } from './pinned.js'
import { patientKeyOf } from './records.js'
import { emptyTimeline, isEmpty } from './timeline.js'

/** What `of` gives is the record itself and must not be changed. */
export class Timelines {
  readonly #records: Records
  #patient = ''
  #key = patientKeyOf('')

  constructor(records: Records) {
    this.#records = records
  }

  of(patient: string): Int32Array {
    return this.#records.timeline(this.#keyOf(patient)) ?? emptyTimeline
  }

  /** Nothing is kept of a patient of whom nothing is known. */
  put(patient: string, words: Int32Array): void {
    this.#records.put(this.#keyOf(patient), isEmpty(words) ? undefined : words)
  }

  #keyOf(patient: string): string {
    if (patient === this.#patient) return this.#key
    this.#patient = patient
    this.#key = patientKeyOf(patient)
    return this.#key
  }
}
