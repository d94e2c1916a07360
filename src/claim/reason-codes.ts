// Why a user goes on all the same, as a closed set of codes that can be counted. Free words are never a
// label of anything: what is told in words only is one code of its own.

/** Offered to users, with the words that are shown. */
export const reasonWords = {
  'clinical-need': '病情需要，已在病历中说明',
  emergency: '急诊抢救',
  'self-paid': '已告知患者，由患者自费',
  'data-wrong': '诊断、性别、年龄等信息有误，将更正',
  'rule-unfit': '规则不适用于本例',
  other: '其他',
} as const

/** `in-words`: told in words that no code has (3103's dspo_way_rea); `unsaid`: not told at all. */
export const reasonCodes = [
  'clinical-need', 'emergency', 'self-paid', 'data-wrong', 'rule-unfit', 'other', 'in-words', 'unsaid',
] as const

export type ReasonCode = (typeof reasonCodes)[number]

/** What hospitals write where they have no codes: the beginnings of the words above. */
const beginnings: readonly (readonly [string, ReasonCode])[] = [
  ...Object.entries(reasonWords) as [keyof typeof reasonWords, string][],
  ['clinical-need', '病情需要'],
  ['self-paid', '已告知患者'],
  ['self-paid', '患者自费'],
  ['data-wrong', '信息有误'],
  ['rule-unfit', '规则不适用'],
].map(([code, words]) => [words!, code as ReasonCode])

/** The code that words stand for: the code itself, or words that begin as the offered ones do. */
export function reasonCodeOf(words: string): ReasonCode {
  const said = words.trim()
  if (said === '') return 'unsaid'
  return reasonCodes.find((code) => code === said)
    ?? beginnings.find(([start]) => said.startsWith(start))?.[1]
    ?? 'in-words'
}

/** A code that says why by itself, so that no words are needed beside it. */
export function isReason(code: ReasonCode | undefined): boolean {
  return code !== undefined && Object.hasOwn(reasonWords, code)
}
