// Opaque names for what clients name freely: the key of a person, ids that must be printable ASCII.
import { createHash, createHmac } from 'node:crypto'

/** The text itself when it is an identifier of the wire; else a hash of it. At most 60 characters. */
export function identifierOf(text: string): string {
  const isOne = /^[\x21-\x7e]{1,60}$/.test(text)
  return isOne ? text : createHash('sha256').update(text).digest('hex').slice(0, 40)
}

/** patientKey: a keyed hash of the person number, so that no identity number leaves the door. */
export function personKey(secret: string, person: string): string {
  return createHmac('sha256', secret).update(person).digest('base64url')
}
