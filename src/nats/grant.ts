// How much may be asked of the server: the arithmetic of two pull requests and a bounded room.
// Pure counting; knows nothing of NATS but that a request ends by count, by bytes or by time.

interface Request {
  messages: number
  bytes: number
  delivered: number
}

export interface Room {
  readonly messages: number
  /** 0: no bound. For the one message that is larger than the whole room. */
  readonly bytes: number
}

const shareMin = 8 // an eighth of the room is worth a request; less is waited for

/** Delivered and not released, plus asked for and not delivered, never passes the room. */
export class Grant {
  readonly #messagesMax: number
  readonly #bytesMax: number
  readonly #requests: Request[] = [
    { messages: 0, bytes: 0, delivered: 0 }, { messages: 0, bytes: 0, delivered: 0 },
  ]
  #heldMessages = 0
  #heldBytes = 0
  #isRefused = false

  constructor(messagesMax: number, bytesMax: number) {
    this.#messagesMax = messagesMax
    this.#bytesMax = bytesMax
  }

  isOpen(index: number): boolean {
    return this.#requests[index]!.messages > 0
  }

  /** Opens a request if it is not open and there is room that is worth one. */
  open(index: number): Room | undefined {
    if (this.isOpen(index)) return undefined
    const [one, two] = this.#requests as [Request, Request]
    const messages = this.#messagesMax - this.#heldMessages - one.messages - two.messages
    const bytes = this.#bytesMax - this.#heldBytes - one.bytes - two.bytes
    const isEmpty = this.#heldMessages === 0 && one.messages === 0 && two.messages === 0
    if (this.#isRefused) {
      // The next message does not fit what was asked for: alone, when nothing else is held.
      return isEmpty ? this.#begin(index, { messages: 1, bytes: 0 }) : undefined
    }
    const isEnough = messages * shareMin >= this.#messagesMax && bytes * shareMin >= this.#bytesMax
    if (!isEnough && !isEmpty) return undefined
    return this.#begin(index, {
      messages: Math.min(messages, Math.ceil(this.#messagesMax / 2)),
      bytes: Math.min(bytes, Math.ceil(this.#bytesMax / 2)),
    })
  }

  /** One message came for this request. */
  take(index: number, bytes: number): void {
    const request = this.#requests[index]!
    this.#isRefused = false
    this.#heldMessages++
    this.#heldBytes += bytes
    request.delivered++
    if (request.messages > 0) request.messages--
    // Subject and headers count on the server: ours is the larger rest, so the room is kept.
    request.bytes = request.messages === 0 ? 0 : Math.max(0, request.bytes - bytes)
  }

  /** The request has ended: its rest is room again. */
  close(index: number): void {
    const request = this.#requests[index]!
    request.messages = 0
    request.bytes = 0
  }

  /** The request has ended because the next message is larger than what was left of it. */
  refuse(index: number): void {
    if (this.#requests[index]!.delivered === 0) this.#isRefused = true
    this.close(index)
  }

  closeAll(): void {
    this.#isRefused = false
    this.close(0)
    this.close(1)
  }

  release(count: number, bytes: number): void {
    this.#heldMessages -= count
    this.#heldBytes -= bytes
  }

  #begin(index: number, room: Room): Room {
    Object.assign(this.#requests[index]!, room, { delivered: 0 })
    return room
  }
}
