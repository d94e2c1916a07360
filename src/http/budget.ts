// How long an answer may take: the caller's budget, less what writing the answer needs. The one place
// with this arithmetic, for every way of asking; judges nothing.

/** A client that would wait longer than this has hung up. */
export const budgetMsMax = 60_000
/** Kept for writing the answer: a tenth of the budget, and never more than a large answer needs. */
const answerShare = 0.1
const answerMsMax = 5

export interface Budget {
  /** By the same clock as `elapsed`: when the head of the request was there. */
  readonly startedAt: number
  readonly budgetMs: number
}

/** Milliseconds left for waiting; 0 when there are none. */
export function leftMs(elapsed: () => number, budget: Budget): number {
  return Math.max(0, stopAt(budget) - elapsed())
}

/** What a judgement asks between its rules: whether it must stop, so that the answer comes in time. */
export function stopAfter(elapsed: () => number, budget: Budget): () => boolean {
  const at = stopAt(budget)
  return () => elapsed() >= at
}

function stopAt({ startedAt, budgetMs }: Budget): number {
  const allowedMs = Math.min(budgetMs, budgetMsMax)
  return startedAt + allowedMs - Math.min(answerMsMax, allowedMs * answerShare)
}
