// The caller of http.bench.ts, a process of its own so that it does not share the servers' loop: as many
// requests as come back, over connections that are kept. Speaks just enough HTTP to cost little itself.
import { connect } from 'node:net'
import type { Socket } from 'node:net'

export interface Load {
  readonly port: number
  readonly path: string
  readonly connections: number
  readonly seconds: number
  readonly bodies: readonly string[]
}

export interface Answered {
  readonly perSecond: number
  /** Milliseconds from writing a request to the end of its answer. */
  readonly p50: number
  readonly p99: number
  /** Answers that were not 200. */
  readonly refused: number
}

process.on('message', (load: Load) => {
  run(load).then((answered) => process.send!(answered), (error: unknown) => { throw error })
})

async function run({ port, path, connections, seconds, bodies }: Load): Promise<Answered> {
  const requests = bodies.map((body) => Buffer.from(
    `POST ${path} HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n`
    + `content-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`))
  const sockets = await Promise.all(Array.from({ length: connections }, () => open(port)))
  const times: number[] = []
  let [sent, refused] = [0, 0]
  const from = performance.now()
  await Promise.all(sockets.map(async (socket) => {
    const ask = asking(socket)
    while (performance.now() - from < seconds * 1_000) {
      const at = performance.now()
      if (await ask(requests[sent++ % requests.length]!) !== 200) refused++
      times.push(performance.now() - at)
    }
    socket.destroy()
  }))
  const took = (performance.now() - from) / 1_000
  times.sort((a, b) => a - b)
  const at = (share: number) => times[Math.floor(times.length * share)] ?? 0
  return { perSecond: times.length / took, p50: at(0.5), p99: at(0.99), refused }
}

function open(port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true }, () => resolve(socket))
    socket.once('error', reject)
  })
}

/** One request at a time; resolves with the status when the whole answer is there. */
function asking(socket: Socket): (request: Buffer) => Promise<number> {
  let answered: (status: number) => void = () => {}
  let left = -1 // bytes of the body still to come; -1: the head is not whole yet
  let head = ''
  let status = 0
  socket.on('data', (chunk: Buffer) => {
    if (left < 0) {
      head += chunk.toString('latin1')
      const end = head.indexOf('\r\n\r\n')
      if (end < 0) return
      status = Number(head.slice(9, 12))
      const length = Number(/content-length: (\d+)/i.exec(head.slice(0, end))?.[1])
      left = length - (head.length - end - 4)
    } else {
      left -= chunk.length
    }
    if (left > 0) return
    head = ''
    left = -1
    answered(status)
  })
  return (request) => new Promise((resolve) => {
    answered = resolve
    socket.write(request)
  })
}
