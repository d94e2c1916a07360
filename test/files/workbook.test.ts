// What the cells of a workbook become.
import { join } from 'node:path'
import t from 'tap'
import writeExcelFile from 'write-excel-file/node'
import { readWorkbook } from '../../src/files/workbook.js'

t.test('a day in a sheet is read as a day', async (t) => {
  const file = join(t.testdir(), 'a.xlsx')
  const day = { value: new Date('2026-03-02T00:00:00Z'), type: Date, format: 'yyyy-mm-dd' }
  await writeExcelFile([{ sheet: 'a', data: [[' x ', null, day, 7]] }]).toFile(file)
  t.strictSame(await readWorkbook(file), [{ name: 'a', rows: [{ number: 1, cells: ['x', '', '2026-03-02', '7'] }] }])
})
