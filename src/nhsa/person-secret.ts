// The secret that makes opaque keys of person numbers: from a file of the operator's, so that senders of
// events and this door make the same keys; else one of our own, made once and kept.
import { randomBytes } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { ServiceError } from '../errors.js'

const secretBytes = 32
const lengthMin = 16

/** Throws CONFIG_INVALID when there is a file and no usable secret in it. */
export function openPersonSecret(file: string): string {
  try {
    const secret = readFileSync(file, 'utf8').trim()
    if (secret.length >= lengthMin) return secret
    const detail = `${file} holds fewer than ${lengthMin} characters`
    throw new ServiceError('CONFIG_INVALID', { path: file, detail })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    const secret = randomBytes(secretBytes).toString('hex')
    writeFileSync(file, `${secret}\n`, { mode: 0o600, flag: 'wx' })
    return secret
  }
}
