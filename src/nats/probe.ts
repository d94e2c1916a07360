// Who listens on a port of this machine, and waiting for it. Nothing is sent: a nats-server tells
// its name to everybody who connects.
import { connect, createServer } from 'node:net'
import type { AddressInfo } from 'node:net'

const answerMsMax = 400 // a server on this machine tells its name within a few
const pollMs = 20

/** The server name told on this port; undefined when nobody, or no nats-server, is there. */
export function serverNameAt(
  port: number,
  waitMs = answerMsMax,
): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    let heard = ''
    const end = (name: string | undefined) => {
      socket.destroy()
      resolve(name)
    }
    socket.setTimeout(waitMs, () => end(undefined))
    socket.once('error', () => end(undefined))
    socket.once('close', () => end(undefined))
    socket.on('data', (chunk) => {
      heard += chunk.toString('latin1')
      if (heard.includes('\r\n')) end(/^INFO .*"server_name":"([^"]*)"/.exec(heard)?.[1])
    })
  })
}

/** A port the system says is free. */
export async function freePort(): Promise<number> {
  return (await listenOn(0))!
}

/** True when nobody listens on this port. */
export async function isFree(port: number): Promise<boolean> {
  return await listenOn(port) !== undefined
}

function listenOn(port: number): Promise<number | undefined> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(undefined))
    server.listen(port, '127.0.0.1', () => {
      const { port: got } = server.address() as AddressInfo
      server.close(() => resolve(got))
    })
  })
}

/** Resolves after so many milliseconds; keeps the process alive that long. */
export function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => { setTimeout(resolve, milliseconds) })
}

/** Asks until it is true; false when it says undefined (no use) or the time is up. */
export async function until(
  ask: () => Promise<boolean | undefined>,
  millisecondsMax: number,
): Promise<boolean> {
  let isLate = false
  const timer = setTimeout(() => { isLate = true }, millisecondsMax)
  let answer = await ask()
  while (answer === false && !isLate) {
    await pause(pollMs)
    answer = await ask()
  }
  clearTimeout(timer)
  return answer === true
}
