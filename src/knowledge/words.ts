// Limits that stand in the words of a list: sexes, ages, levels, ways of care, days. What the words do
// not tell is undefined: nothing is made up.

const maleWords = /前列腺|阴茎|睾丸|阴囊|输精管|男性/
const femaleWords = /子宫|宫颈|卵巢|输卵管|阴道|月经|痛经|绝经|妊娠|孕妇|产后|分娩|女性|妇女/

/** Only where the words speak of one sex and not of the other. */
export function sexIn(text: string): string | undefined {
  const isMale = maleWords.test(text)
  return isMale === femaleWords.test(text) ? undefined : isMale ? '男' : '女'
}

export interface Ages {
  readonly min: string
  readonly max: string
  readonly unit: string
}

export const childAges: Ages = { min: '', max: '17', unit: '岁' }

/** 2岁至11岁, 3-12岁, 5至12岁以下, 3岁及3岁以上; otherwise every child. */
export function agesIn(text: string): Ages {
  const between = /(\d+)\s*岁?\s*[至~-]\s*(\d+)\s*岁(以下)?/.exec(text)
  if (between !== null) {
    const [, min = '', max = '', isBelow] = between
    return { min, max: isBelow === undefined ? max : `${Number(max) - 1}`, unit: '岁' }
  }
  const [, min = ''] = /(\d+)岁及\d*岁?以上/.exec(text) ?? []
  return { ...childAges, min }
}

/** The highest level that is named: eye drugs ask for a tertiary hospital or a lower eye hospital. */
export function levelIn(text: string): string | undefined {
  if (/三级/.test(text)) return '3'
  if (/二级/.test(text)) return '2'
  return /一级/.test(text) ? '1' : undefined
}

/** The word of the column `allowed`; undefined where the text limits to no stay. */
export function visitIn(text: string): string | undefined {
  if (/急诊.{0,2}住院/.test(text)) return '急诊或住院'
  return text.includes('住院') ? '住院' : undefined
}

/** 14天, 一个疾病过程支付不超过90天, 支付不超过一年, 不超过12个月 */
export function daysIn(text: string): string | undefined {
  if (/一年|12个月/.test(text)) return '365'
  return /(\d+)\s*天/.exec(text)?.[1]
}
