// What a process does with the signals that ask it to stop. Knows no process: the caller listens, begins
// the stop and ends itself.

/** What a terminal, an orchestrator and a closed window send. */
export const stopSignals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/** One Ctrl-C comes several times: from the terminal, and from npm and the set-up that pass it on. */
const sameAskMsMax = 1_000

interface StopSignalDeps {
  readonly now: () => number
  /** Once, at the first signal. */
  begin(signal: string): void
  /** A person who asks again means at once. */
  end(signal: string): void
}

/** The listener for all stop signals. */
export function onStopSignal({ now, begin, end }: StopSignalDeps): (signal: string) => void {
  let begunAt: number | undefined
  return (signal) => {
    if (begunAt === undefined) {
      begunAt = now()
      begin(signal)
    } else if (now() - begunAt > sameAskMsMax) end(signal)
  }
}
