// The caller of door.bench.ts, a process of its own: as many requests as come back, or requests on a fixed
// schedule whether answers come or not, each timed from when it was due. Every message has a msgid of its
// own, which the typed client would do too, but a fetch costs this process more than the service.
import { connect } from 'node:net'
import type { Socket } from 'node:net'

export interface OpenLoad {
  readonly port: number
  readonly path: string
  /** 0: as many as come back over 16 connections. */
  readonly perSecond: number
  readonly seconds: number
  readonly deadlineMs: number
  /** What ids begin with: no two loads may share one. */
  readonly prefix: string
  /** Messages without their msgid, cut where it stands: every one that is sent has its own. */
  readonly bodies: readonly (readonly [string, string])[]
}

export interface OpenAnswered {
  /** Asked after the first second, which is warming up. */
  readonly asked: number
  /** Judged, whether completely or not. */
  readonly judged: number
  /** Refused at once: busy. */
  readonly busy: number
  /** Milliseconds from when it was due to the end of the answer. */
  readonly p50: number
  readonly p999: number
  readonly max: number
  /** Shares of the asked. */
  readonly inTime: number
  readonly tooLate: number
  /** Not asked, because every connection was waiting. */
  readonly unsent: number
}

const connectionsMax = 4_000
const idLength = 30
const closedConnections = 16
/** After it no answer is waited for: it is too late in any case. */
const graceMs = 3_000

process.on('message', (load: OpenLoad) => {
  const ran = load.perSecond === 0 ? runClosed(load) : run(load)
  ran.then((answered) => process.send!(answered), (error: unknown) => { throw error })
})

interface Line {
  ask(request: string, due: number): void
}

/** The next request, with an id that nobody had. */
function requestsOf({ path, deadlineMs, prefix, bodies }: OpenLoad): () => string {
  const heads = bodies.map(([before, after]) => `POST ${path} HTTP/1.1\r\nhost: localhost\r\n`
    + `content-type: application/json\r\nx-deadline-ms: ${deadlineMs}\r\n`
    + `content-length: ${Buffer.byteLength(before) + idLength + Buffer.byteLength(after)}\r\n\r\n${before}`)
  let sent = 0
  return () => {
    const which = sent++ % bodies.length
    return `${heads[which]!}${prefix}${String(sent).padStart(idLength - prefix.length, '0')}${bodies[which]![1]}`
  }
}

/** Answers a second. */
async function runClosed(load: OpenLoad): Promise<number> {
  const next = requestsOf(load)
  let count = 0
  const from = performance.now()
  const sockets = await Promise.all(Array.from({ length: closedConnections }, () => open(load.port)))
  await Promise.all(sockets.map((socket) => new Promise<void>((resolve) => {
    const line = lineOver(socket, {
      answered: () => { count++ },
      free: () => {
        if (performance.now() - from < load.seconds * 1_000) line.ask(next(), 0)
        else resolve()
      },
    })
    line.ask(next(), 0)
  })))
  const took = (performance.now() - from) / 1_000
  for (const socket of sockets) socket.destroy()
  return count / took
}

function open(port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true }, () => resolve(socket))
    socket.once('error', reject)
  })
}

async function run(load: OpenLoad): Promise<OpenAnswered> {
  const { port, perSecond, seconds, deadlineMs } = load
  const next = requestsOf(load)
  const free: Line[] = []
  const sockets: Socket[] = []
  let opened = 0
  const times: number[] = []
  let [asked, judged, busy, unsent] = [0, 0, 0, 0]
  const from = performance.now()
  const answered = (due: number, isJudged: boolean) => {
    if (due < 1_000) return
    times.push(performance.now() - from - due)
    if (isJudged) judged++
    else busy++
  }
  const lineOf = async () => {
    opened++
    const socket = await open(port)
    sockets.push(socket)
    return lineOver(socket, { answered, free: (line) => { free.push(line) } })
  }
  free.push(...await Promise.all(Array.from({ length: 64 }, lineOf)))
  const count = perSecond * seconds
  for (let n = 0; n < count;) {
    const now = performance.now() - from
    const due = n * 1_000 / perSecond
    if (due > now) {
      await new Promise((resolve) => { setTimeout(resolve, 1) })
      continue
    }
    if (due >= 1_000) asked++
    n++
    const request = next()
    const line = free.pop()
    if (line !== undefined) line.ask(request, due)
    else if (opened >= connectionsMax) unsent++
    else void lineOf().then((fresh) => { fresh.ask(request, due) })
    if (n % 32 === 0) await new Promise((resolve) => { setImmediate(resolve) })
  }
  const until = performance.now() + graceMs
  while (times.length < asked - unsent && performance.now() < until) {
    await new Promise((resolve) => { setTimeout(resolve, 5) })
  }
  for (const socket of sockets) socket.destroy()
  times.sort((a, b) => a - b)
  const at = (share: number) => times[Math.min(times.length - 1, Math.floor(times.length * share))] ?? 0
  const within = (ms: number) => times.filter((time) => time <= ms).length / Math.max(1, asked)
  return {
    asked, judged, busy, unsent, p50: at(0.5), p999: at(0.999), max: at(1),
    inTime: within(deadlineMs + 20), tooLate: 1 - within(deadlineMs + 250),
  }
}

interface LineDeps {
  answered(due: number, isJudged: boolean): void
  free(line: Line): void
}

/** One request at a time. An answer is known by its head and its length. */
function lineOver(socket: Socket, { answered, free }: LineDeps): Line {
  let left = -1 // bytes of the body still to come; -1: the head is not whole yet
  let head = ''
  let due = 0
  let isJudged = false
  const line: Line = {
    ask(request, at) {
      due = at
      socket.write(request)
    },
  }
  socket.on('error', () => {})
  socket.on('data', (chunk: Buffer) => {
    if (left < 0) {
      head += chunk.toString('latin1')
      const end = head.indexOf('\r\n\r\n')
      if (end < 0) return
      isJudged = head.startsWith('HTTP/1.1 200') && head.includes('"infcode":0', end)
      left = Number(/content-length: (\d+)/i.exec(head.slice(0, end))?.[1]) - (head.length - end - 4)
    } else left -= chunk.length
    if (left > 0) return
    head = ''
    left = -1
    answered(due, isJudged)
    free(line)
  })
  return line
}
