// What every published shape is read into before it becomes rows: an attachment of one rule with its
// points, each a name, its codes and what the columns said. Only types.

export type Cells = Readonly<Record<string, string>>

/** Columns of the attachments, whatever they are headed there. */
export type Column =
  | 'number' | 'name' | 'code' | 'text' | 'logic' | 'sex' | 'level' | 'visit' | 'course' | 'group'
  | 'window' | 'daily_max' | 'unit' | 'units_max' | 'window_days' | 'code_count'
  | 'name_a' | 'code_a' | 'name_b' | 'code_b'

export type Given = Readonly<Partial<Record<Column, string>>>

/** One knowledge point. */
export interface Point {
  /** As printed in the attachment; empty where it has none. */
  readonly number: string
  readonly name: string
  readonly codes: readonly string[]
  readonly given: Given
}

export interface LeftOut {
  /** file, file:line or file:sheet!row */
  readonly path: string
  readonly reason: string
}

/** One rule's points as one file brought them. */
export interface Attachment {
  /** The official attachment; a CSV folder names it in a column. */
  readonly file: string
  readonly readFrom: string
  /** The rule's official name. */
  readonly rule: string
  /** Folder name of its batch, e.g. batch_09. */
  readonly batch: string
  /** From which it holds, where the file says so. */
  readonly day?: string
  readonly points: readonly Point[]
}
