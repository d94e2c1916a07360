// The words of the national dictionaries, turned into ours. What a word does not tell stays
// unknown: a wrong level or setting would be judged, an unknown one is reported. Throws nothing.
import type { Category, Setting, Sex } from './claim.js'

const SPACE = 0x20
const DASH = 0x2d

type TextWire = string | null | undefined
type CodeWire = string | number | null | undefined
type FlagWire = boolean | number | string | null | undefined

/** Without surrounding blanks; '' for what senders write when they have nothing. */
export function plainText(text: TextWire): string {
  if (text === undefined || text === null || text.length === 0) return ''
  const { length } = text
  if (text.charCodeAt(0) > SPACE && text.charCodeAt(length - 1) > SPACE) {
    return length === 1 && text === '-' ? '' : text
  }
  const trimmed = text.trim()
  return trimmed === '-' ? '' : trimmed
}

/** A dictionary's code, given as text or as a number. */
export function dictionaryCode(code: CodeWire): string {
  return typeof code === 'number' ? String(code) : plainText(code)
}

/** A code of an item, a diagnosis or a procedure; '' when it is a placeholder for "not mapped". */
export function catalogueCode(code: TextWire): string {
  const text = plainText(code)
  return text.length === 1 && text === '0' ? '' : text
}

/**
 * As catalogueCode, and a service code loses the local price code behind its 15 national digits.
 */
export function itemCode(code: TextWire): string {
  const text = catalogueCode(code)
  const isSuffixed = text.length > 15 && text.charCodeAt(15) === DASH && digitsFirst(text, 15)
  return isSuffixed ? text.slice(0, 15) : text
}

function digitsFirst(text: string, count: number): boolean {
  for (let at = 0; at < count; at++) {
    const code = text.charCodeAt(at)
    if (code < 0x30 || code > 0x39) return false
  }
  return true
}

/** Undefined for anything that is not plainly yes or no. */
export function yesOrNo(flag: FlagWire): boolean | undefined {
  if (flag === undefined || flag === null || typeof flag === 'boolean') return flag ?? undefined
  if (typeof flag === 'number') return flag === 1 ? true : flag === 0 ? false : undefined
  const text = plainText(flag)
  return text === '' ? undefined : flagWords.get(text.toLowerCase())
}

const flagWords = new Map([
  ['1', true], ['true', true], ['y', true], ['yes', true], ['是', true],
  ['0', false], ['false', false], ['n', false], ['no', false], ['否', false],
])

/** gend: 1 male, 2 female; 0 unknown and 9 unspecified. */
export function sexOf(sex: CodeWire): Sex {
  return sexWords.get(dictionaryCode(sex)) ?? 'unknown'
}

const sexWords = new Map<string, Sex>([
  ['1', 'male'], ['male', 'male'], ['M', 'male'], ['男', 'male'],
  ['2', 'female'], ['female', 'female'], ['F', 'female'], ['女', 'female'],
])

const settingWords: ReadonlySet<string> = new Set<Setting>(
  ['outpatient', 'emergency', 'inpatient', 'pharmacy', 'other'])

const isSetting = (word: string): word is Setting => settingWords.has(word)

/**
 * The sender's own word wins; else the first two digits of med_type decide, provinces add digits.
 */
export function settingOf(setting: CodeWire, medType: string): Setting {
  const word = dictionaryCode(setting)
  if (isSetting(word)) return word
  const head = medType.slice(0, 2)
  if (head === '13' || head === '19') return 'emergency'
  if (head === '51' || head === '81') return 'outpatient'
  if (head === '52') return 'inpatient'
  if (head === '41') return 'pharmacy'
  if (head.length < 2) return 'other'
  return head.startsWith('1') ? 'outpatient' : head.startsWith('2') ? 'inpatient' : 'other'
}

/**
 * 3, 2, 1 or 0. The two-digit grades that some regions send (01 is tertiary there) are not levels
 * and stay unknown: read as numbers they would make the largest hospitals the smallest.
 */
export function levelOf(level: CodeWire): number | undefined {
  return levelWords.get(dictionaryCode(level))
}

const levelWords = new Map([['3', 3], ['2', 2], ['1', 1], ['0', 0]])

/** diag_type; a diagnosis without one is western, as ICD-10 is what the interface asks for. */
export function diagnosisKind(kind: CodeWire): string {
  const word = dictionaryCode(kind)
  if (word === '2' || word === 'tcm-disease') return 'tcm-disease'
  if (word === '3' || word === 'tcm-syndrome') return 'tcm-syndrome'
  return 'western'
}

const categoryWords = new Map<string, Category>([
  ['drug', 'drug'], ['101', 'drug'], ['103', 'drug'], ['104', 'drug'],
  ['herbal-piece', 'herbal-piece'], ['102', 'herbal-piece'],
  ['herbal-granule', 'herbal-granule'], ['106', 'herbal-granule'],
  ['service', 'service'], ['201', 'service'],
  ['consumable', 'consumable'], ['301', 'consumable'],
  ['other', 'other'], ['105', 'other'],
])

/** list_type or our own word; else what the shape of the national code tells. */
export function categoryOf(category: CodeWire, code: string): Category {
  const word = dictionaryCode(category)
  return (word === '' ? undefined : categoryWords.get(word)) ?? categoryOfCode(code)
}

function categoryOfCode(code: string): Category {
  const { length } = code
  switch (code.charCodeAt(0)) {
    case 0x58: // X: Western drug
    case 0x5a: // Z: Chinese patent drug
    case 0x4a: // J: hospital preparation
      return 'drug'
    case 0x54: // T
      return length === 10 ? 'herbal-piece' : length === 20 ? 'herbal-granule' : 'other'
    case 0x43: // C
      return 'consumable'
    default:
      return length === 15 && digitsFirst(code, 15) ? 'service' : 'other'
  }
}

/** med_chrgitm_type in its two digits; some senders drop the zero in front. */
export function feeClassOf(feeClass: CodeWire): string {
  const code = dictionaryCode(feeClass)
  return code.length === 1 && digitsFirst(code, 1) ? `0${code}` : code
}

/** tcmdrug_used_way: true single, false compound. */
export function herbSingle(way: CodeWire): boolean | undefined {
  const word = dictionaryCode(way)
  if (word === '2' || word === 'single') return true
  return word === '1' || word === 'compound' ? false : undefined
}
