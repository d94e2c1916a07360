// Sums of one institution and a span (part of a day, a month): the whole, its departments, its doctors; and
// the part of a day as a packed record, the same bytes whatever the order of arrival.
import { compareTexts, Reader, textSize, Writer } from './bytes.js'
import { addSums, MARK, SUM, SUMS } from './indicator-sums.js'
import type { Share, Sums } from './indicator-sums.js'

export const INDICATOR_VERSION = 1
/** In one part of an institution's day, which has one department or two: far more than work there. */
export const departmentsMax = 64
export const doctorsMax = 512

export interface Tally {
  readonly whole: Sums
  readonly departments: Map<string, Sums>
  readonly doctors: Map<string, Sums>
  /** Settlements whose department, whose doctor was one too many. */
  noDepartment: number
  noDoctor: number
}

/** Of no settlement; a new one each time, for it is changed in place. */
export const emptyTally = (): Tally => ({
  whole: new Float64Array(SUMS), departments: new Map(), doctors: new Map(), noDepartment: 0, noDoctor: 0,
})

/** No settlement is left in it: its record goes. */
export const isEmptyTally = ({ whole }: Tally) => whole[SUM.CASES] === 0

/** Marks of what a share finds no place for in its part of the day. */
export function marksWithoutPlace(
  { departments, doctors }: Tally, { department, doctor }: Pick<Share, 'department' | 'doctor'>,
): number {
  return (isFull(departments, department, departmentsMax) ? MARK.NO_DEPARTMENT : 0)
    | (isFull(doctors, doctor, doctorsMax) ? MARK.NO_DOCTOR : 0)
}

function isFull(parts: Map<string, Sums>, name: string, most: number): boolean {
  return name !== '' && parts.size >= most && !parts.has(name)
}

/** Adds what a share is worth, or takes it away; a part without cases is gone. */
export function tally(
  to: Tally, { department, doctor, marks }: Omit<Share, 'lines'>, sums: Sums, sign: 1 | -1,
): void {
  addSums(to.whole, sums, sign)
  if ((marks & MARK.NO_DEPARTMENT) === 0) addPart(to.departments, department, sums, sign)
  else to.noDepartment += sign
  if ((marks & MARK.NO_DOCTOR) === 0) addPart(to.doctors, doctor, sums, sign)
  else to.noDoctor += sign
}

function addPart(parts: Map<string, Sums>, name: string, sums: Sums, sign: 1 | -1): void {
  if (name === '') return
  let part = parts.get(name)
  if (part === undefined) {
    part = new Float64Array(SUMS)
    parts.set(name, part)
  }
  addSums(part, sums, sign)
  if (part[SUM.CASES] === 0) parts.delete(name)
}

/** A part of a day into a longer span. */
export function mergeTally(to: Tally, part: Tally): void {
  addSums(to.whole, part.whole, 1)
  for (const [name, sums] of part.departments) addPart(to.departments, name, sums, 1)
  for (const [name, sums] of part.doctors) addPart(to.doctors, name, sums, 1)
  to.noDepartment += part.noDepartment
  to.noDoctor += part.noDoctor
}

const HEAD_WORDS = 5

/** A new record, names in the order of character codes. */
export function packTally({ whole, departments, doctors, noDepartment, noDoctor }: Tally): Int32Array {
  let size = HEAD_WORDS + sumsSize(whole)
  for (const parts of [departments, doctors]) {
    for (const [name, sums] of parts) size += textSize(name) + sumsSize(sums)
  }
  const words = new Int32Array(size)
  words.set([INDICATOR_VERSION, departments.size, doctors.size, noDepartment, noDoctor])
  const writer = new Writer(words, HEAD_WORDS)
  writeSums(writer, whole)
  for (const parts of [departments, doctors]) {
    for (const [name, sums] of [...parts].sort(([a], [b]) => compareTexts(a, b))) {
      writer.text(name)
      writeSums(writer, sums)
    }
  }
  return words
}

/** Copies what packTally wrote. */
export function unpackTally(words: Int32Array): Tally {
  const reader = new Reader(words, HEAD_WORDS)
  return {
    whole: readSums(reader),
    departments: new Map(reader.list(words[1]!, () => [reader.text(), readSums(reader)])),
    doctors: new Map(reader.list(words[2]!, () => [reader.text(), readSums(reader)])),
    noDepartment: words[3]!,
    noDoctor: words[4]!,
  }
}

/** Only what is not zero: which, then the numbers. Most of a doctor's sums are zero. */
function sumsSize(sums: Sums): number {
  let size = 1
  for (let at = 0; at < SUMS; at++) if (sums[at] !== 0) size += 2
  return size
}

function writeSums(writer: Writer, sums: Sums): void {
  let which = 0
  for (let at = 0; at < SUMS; at++) if (sums[at] !== 0) which |= 1 << at
  writer.word(which)
  for (let at = 0; at < SUMS; at++) if (sums[at] !== 0) writer.number(sums[at]!)
}

function readSums(reader: Reader): Sums {
  const which = reader.word()
  return Float64Array.from({ length: SUMS }, (_, at) => (which & 1 << at) === 0 ? 0 : reader.number())
}
