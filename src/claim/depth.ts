// How deeply an event's bytes are nested, seen before they are parsed: one pass, nothing allocated.
// Knows nothing of JSON but brackets and strings.
import { ServiceError } from '../errors.js'
import { depthMax } from './wire.js'

const QUOTE = 0x22
const BACKSLASH = 0x5c
const OPEN = 0x7b // "{", and "[" with the bit 0x20 set
const CLOSE = 0x7d // "}", and "]" with it

/** Throws EVENT_TOO_DEEP; bytes that are no JSON pass, the parser refuses them. */
export function requireShallow(bytes: Uint8Array): void {
  const { length } = bytes
  let depth = 0
  for (let at = 0; at < length; at++) {
    const byte = bytes[at]!
    if (byte === QUOTE) {
      for (at++; at < length && bytes[at] !== QUOTE; at++) if (bytes[at] === BACKSLASH) at++
    } else if ((byte | 0x20) === OPEN) {
      if (++depth > depthMax) throw new ServiceError('EVENT_TOO_DEEP')
    } else if ((byte | 0x20) === CLOSE) {
      depth--
    }
  }
}
