// Types of setup.mjs for those who test it; setup.mjs itself is plain JavaScript.
export interface System {
  readonly root: string
  readonly env: Readonly<Record<string, string | undefined>>
  /** Folders where a package may put nats-server without putting it on the PATH. */
  readonly natsPlaces: readonly string[]
  readonly isRoot: boolean
  readonly nodeMajor: number
  say(text: string): void
  run(program: string, args: readonly string[], options?: RunOptions): Promise<number>
}

export interface RunOptions {
  readonly env?: Readonly<Record<string, string | undefined>>
  readonly signal?: AbortSignal
}

export function setup(args: readonly string[], system: System): Promise<number>
export function isInstalled(root: string): boolean
export function isBuilt(root: string): boolean
export function findNats(system: Pick<System, 'env' | 'natsPlaces'>): string | undefined
export function runIn(
  root: string, program: string, args: readonly string[], options?: RunOptions,
): Promise<number>
export function realSystem(root: string): System
