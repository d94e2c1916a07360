// One benchmark, in a process of its own: what those before it left in memory does not slow it.
import type { BenchOptions, Row } from './measure.js'
import { questions } from './questions.js'

/** What this process is told, once; it answers with rows, Row[], and ends. */
export interface Ask {
  readonly name: string
  readonly options: BenchOptions
}

process.once('message', ({ name, options }: Ask) => {
  questions[name]!(options).then(answer, (error: unknown) => { throw error })
})

function answer(rows: readonly Row[]): void {
  process.send!(rows, () => { process.exit(0) }) // timers of libraries under measurement may still run
}
