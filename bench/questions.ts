// What the benchmarks ask, by name, in the order of the table.
import { decodeBench } from './decode.bench.js'
import { doorBench } from './door.bench.js'
import { endToEndBench } from './end-to-end.bench.js'
import { evaluateBench } from './evaluate.bench.js'
import { historyBench } from './history.bench.js'
import { httpBench } from './http.bench.js'
import type { BenchOptions, Row } from './measure.js'
import { rebuildBench } from './rebuild.bench.js'
import { reloadBench } from './reload.bench.js'
import { soakBench } from './soak.bench.js'

type Question = (options: BenchOptions) => Promise<Row[]>

export const questions: Readonly<Record<string, Question>> = {
  decode: decodeBench,
  evaluate: evaluateBench,
  history: historyBench,
  'end-to-end': endToEndBench,
  http: httpBench,
  door: doorBench,
  rebuild: rebuildBench,
  reload: reloadBench,
  soak: soakBench,
}
