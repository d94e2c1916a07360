// Which anatomical-therapeutic-chemical group (ATC, fourth level) a national drug code belongs to, as 16
// bits: histories keep it beside a code's key, which has no beginnings. X and five characters of a Western
// drug's code are its group; Chinese patent drugs have none.

/** The second level in use (WHO Collaborating Centre for Drug Statistics Methodology; V02: national). */
const groups = ('A01 A02 A03 A04 A05 A06 A07 A08 A09 A10 A11 A12 A13 A14 A15 A16 B01 B02 B03 B05 B06 '
  + 'C01 C02 C03 C04 C05 C07 C08 C09 C10 D01 D02 D03 D04 D05 D06 D07 D08 D09 D10 D11 G01 G02 G03 G04 '
  + 'H01 H02 H03 H04 H05 J01 J02 J04 J05 J06 J07 L01 L02 L03 L04 M01 M02 M03 M04 M05 M09 '
  + 'N01 N02 N03 N04 N05 N06 N07 P01 P02 P03 R01 R02 R03 R05 R06 R07 S01 S02 S03 '
  + 'V01 V02 V03 V04 V06 V07 V08 V09 V10 V20').split(' ')
const LETTERS = 25 // A to X, and Y with Z
const LETTER_A = 0x41
const LETTER_X = 0x58
const ZERO = 0x30

/** By letter and two digits, without a string made: the group's place, or -1. */
const places = new Int16Array(26 * 100).fill(-1)
for (const [place, group] of groups.entries()) {
  places[(group.charCodeAt(0) - LETTER_A) * 100 + Number(group.slice(1))] = place
}

/** 1 to 59,375; 0 for what has no group. */
export function drugClass(code: string): number {
  if (code.length < 6 || code.charCodeAt(0) !== LETTER_X) return 0
  const [third, fourth] = [letterAt(code, 4), letterAt(code, 5)]
  const group = groupAt(code)
  if (group < 0 || third < 0 || fourth < 0) return 0
  return 1 + (group * LETTERS + third) * LETTERS + fourth
}

/**
 * The classes of all codes with this beginning, `until` exclusive. Undefined: no such group, or a
 * beginning that reaches beyond the fourth level, which a class cannot tell.
 */
export function classesOf(beginning: string): { from: number, until: number } | undefined {
  if (beginning.length > 6 || !/^X[A-Z]?\d{0,2}[A-Z]{0,2}$/.test(beginning)) return undefined
  const first = groups.findIndex((group) => group.startsWith(beginning.slice(1, 4)))
  if (first < 0) return undefined
  const last = groups.findLastIndex((group) => group.startsWith(beginning.slice(1, 4)))
  const [third, fourth] = [letterAt(beginning, 4), letterAt(beginning, 5)]
  const perThird = LETTERS * LETTERS
  if (third < 0) return { from: 1 + first * perThird, until: 1 + (last + 1) * perThird }
  const from = 1 + first * perThird + third * LETTERS + Math.max(0, fourth)
  return { from, until: from + (fourth < 0 ? LETTERS : 1) }
}

function groupAt(code: string): number {
  const letter = code.charCodeAt(1) - LETTER_A
  const [tens, ones] = [code.charCodeAt(2) - ZERO, code.charCodeAt(3) - ZERO]
  const isGroup = letter >= 0 && letter < 26 && tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9
  return isGroup ? places[letter * 100 + tens * 10 + ones]! : -1
}

function letterAt(code: string, at: number): number {
  const letter = at < code.length ? code.charCodeAt(at) - LETTER_A : -1
  return letter < 26 ? Math.min(letter, LETTERS - 1) : -1
}
