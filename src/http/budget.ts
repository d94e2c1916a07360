// How long an answer may take: the caller's budget, less what writing the answer needs. The one place
// with this arithmetic, for every way of asking; judges nothing.

/** A client that would wait longer than this has hung up. */
export const budgetMsMax = 60_000
/** Kept for writing the answer: a tenth of the budget, and never more than a large answer needs. */
const answerShare = 0.1
const answerMsMax = 5

interface Budget {
  /** By the same clock as `elapsed`: when the head of the request was there. */
  readonly startedAt: number
  readonly budgetMs: number
}

/** What a judgement asks between its rules: whether it must stop, so that the answer comes in time. */
export function stopAfter(elapsed: () => number, { startedAt, budgetMs }: Budget): () => boolean {
  const allowedMs = Math.min(budgetMs, budgetMsMax)
  const stopAt = startedAt + allowedMs - Math.min(answerMsMax, allowedMs * answerShare)
  return () => elapsed() >= stopAt
}
