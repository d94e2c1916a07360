// What the announcements tell of a batch besides its lists: which batch a file name or title means,
// and the day it was made public. A name that says neither is not guessed.

export interface BatchName {
  /** Folder name: batch_09, updates_2026-01. */
  readonly id: string
  readonly title: string
}

/** Days of publication; from batch 9 on they also stand in the lists. */
const days: Readonly<Record<string, string>> = {
  'batch_01': '2025-05-23', 'batch_02': '2025-07-22', 'batch_03': '2025-07-30',
  'batch_04': '2025-08-08', 'batch_05': '2025-08-14', 'batch_06': '2025-08-26',
  'batch_07': '2025-12-12', 'batch_08': '2026-01-06', 'updates_2026-01': '2026-01-28',
  'batch_09': '2026-04-21', 'batch_10': '2026-04-28', 'batch_11': '2026-05-11',
  'batch_12': '2026-05-23', 'batch_13': '2026-06-01', 'batch_14': '2026-06-09',
  'batch_15': '2026-06-16', 'batch_16': '2026-06-22', 'batch_17': '2026-06-29',
  'batch_18': '2026-07-10',
}

/** YYYY-MM-DD on which the batch was made public; undefined for one that is not in the table. */
export function officialDay(id: string): string | undefined {
  return days[id]
}

/** A revision lists its rules anew from first to last; other batches add and replace. */
export function isRevision(id: string): boolean {
  return id.startsWith('updates_')
}

/** 第十一批, 第11批, batch_11. */
export function batchIn(text: string): BatchName | undefined {
  const [, words] = /第([一二三四五六七八九十百\d]+)批/.exec(text) ?? []
  const number = words === undefined ? undefined : numberOf(words)
  return number === undefined ? undefined : batchNamed(`batch_${String(number).padStart(2, '0')}`)
}

/** With its Chinese title; an id of another form is its own title. */
export function batchNamed(id: string): BatchName {
  const [, number] = /^batch_0*(\d+)$/.exec(id) ?? []
  if (number !== undefined) return { id, title: `国家医保局第${number}批知识点` }
  const [, month] = /^updates_(\d{4}-\d{2})$/.exec(id) ?? []
  return { id, title: month === undefined ? id : `国家医保局${month}知识点更新` }
}

const digits = '零一二三四五六七八九'

function numberOf(words: string): number | undefined {
  if (/^\d+$/.test(words)) return Number(words)
  const found = /^(?:([一二三四五六七八九])?(十))?([一二三四五六七八九])?$/.exec(words)
  if (found === null) return undefined // of hundreds nothing is guessed
  const [, tens = '一', ten, ones = '零'] = found
  return (ten === undefined ? 0 : digits.indexOf(tens) * 10) + digits.indexOf(ones)
}
