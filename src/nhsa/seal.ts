// SM4 of an input or an output (GB/T 32907), ECB with PKCS#7 padding as the deployments that encrypt do:
// base64 or hex text. The cipher is OpenSSL's; ours is only the text around it.
import { createCipheriv, createDecipheriv } from 'node:crypto'

const cipher = 'sm4-ecb'

export interface Seal {
  open(sealed: string): string
  close(text: string): string
}

/** `key`: 16 bytes, as 32 hex digits or 16 characters. */
export function sm4Seal(key: string): Seal {
  const bytes = /^[0-9a-f]{32}$/i.test(key) ? Buffer.from(key, 'hex') : Buffer.from(key, 'utf8')
  return {
    open(sealed) {
      const isHex = /^[0-9a-f\s]+$/i.test(sealed)
      const input = Buffer.from(sealed.replace(/\s/g, ''), isHex ? 'hex' : 'base64')
      const decipher = createDecipheriv(cipher, bytes, null)
      return Buffer.concat([decipher.update(input), decipher.final()]).toString('utf8')
    },
    close(text) {
      const sealer = createCipheriv(cipher, bytes, null)
      return Buffer.concat([sealer.update(text, 'utf8'), sealer.final()]).toString('base64')
    },
  }
}
