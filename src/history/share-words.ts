// A settlement's share of its day's indicators inside its packed record: layout only.
import type { Claim } from '../claim/claim.js'
import { textSize } from './bytes.js'
import type { Reader, Writer } from './bytes.js'
import { feeOf } from './indicator-sums.js'
import type { Share } from './indicator-sums.js'

const feeScale = 16 // an amount and its kind in one whole number: 10^13 fen × 16 is safe

/** The share with its lines, as a record that is taken back needs them. */
export function wholeShare({ items }: Claim, share: Share): Share {
  return { ...share, lines: items.map((item) => ({ fee: feeOf(item), fen: item.amountFen })) }
}

/** Words that writeShare takes for a share of so many lines. */
export function shareSize({ department, doctor }: Share, lines: number): number {
  return 1 + textSize(department) + textSize(doctor) + lines * 2
}

/** `claim`: whose lines they are when nothing has been taken back. */
export function writeShare(writer: Writer, share: Share, claim?: Claim): void {
  writer.word(share.marks)
  writer.text(share.department)
  writer.text(share.doctor)
  if (claim === undefined) for (const { fee, fen } of share.lines) writer.number(fen * feeScale + fee)
  else for (const item of claim.items) writer.number(item.amountFen * feeScale + feeOf(item))
}

/** What writeShare wrote; amounts in fen. */
export function readShare(reader: Reader, lines: number): Share {
  return {
    marks: reader.word(),
    department: reader.text(),
    doctor: reader.text(),
    lines: reader.list(lines, () => {
      const both = reader.number()
      const fen = Math.floor(both / feeScale)
      return { fee: both - fen * feeScale, fen }
    }),
  }
}
