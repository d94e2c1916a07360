// The manifest of a knowledge batch: where its tables came from and from which day they hold. The loader
// reads the day, the region and which lists are replaced; the rest is for people and commands.
import { Type } from '@sinclair/typebox'
import type { Static } from '@sinclair/typebox'

const text = (description: string) => Type.String({ maxLength: 1_000, description })
const count = (description: string) => Type.Integer({ minimum: 0, description })

/** One attachment: one rule's points as they were published together. */
const sourceSchema = Type.Object({
  file: text('附件文件名，如 第一批-1.药品区分性别使用.xlsx'),
  read_from: text('实际读入的文件'),
  sha256: Type.String({ pattern: '^[0-9a-f]{64}$', description: '读入文件的 SHA-256' }),
  rule: text('规则的官方名称'),
  replaces: Type.Union([Type.Literal('keys'), Type.Literal('list')], {
    description: 'keys 只替换同一编码；list 修订全表，未再列入的自生效日起失效',
  }),
  points: count('知识点数'),
  codes: count('国家编码数（项目对为两个）'),
  tables: Type.Record(Type.String(), count('知识表行数'), { description: '生成的知识表' }),
  left_out: Type.Array(text('未成为知识行的，及其原因'), { maxItems: 10_000 }),
})

export const manifestSchema = Type.Object({
  format: Type.Literal(1),
  title: text('批次名称'),
  day: Type.String({ pattern: '^\\d{4}-\\d{2}-\\d{2}$', description: '生效日期' }),
  region: Type.String({ maxLength: 6, description: '行政区划代码；全国为空' }),
  imported_by: text('导入人'),
  imported_at: text('导入时间'),
  sources: Type.Array(sourceSchema, { maxItems: 1_000 }),
})

export type Manifest = Static<typeof manifestSchema>
export type ManifestSource = Static<typeof sourceSchema>
