// `store audit`: verifies the audit log of the service and of these commands. And the lines that the
// commands themselves add to it, in a chain of their own, for the service writes the other.
import { join } from 'node:path'
import { auditFolder } from '../delivery.js'
import { ServiceError } from '../errors.js'
import { openAuditLog } from '../files/audit-log.js'
import { verifyAudit } from '../files/audit-verify.js'
import { lockDataDir } from '../nats/lock.js'
import type { World } from './store-world.js'

/** Says of each chain whether it is whole; throws AUDIT_BROKEN with the first broken line. */
export async function auditCommand({ config, write }: World): Promise<void> {
  const folder = auditFolder(config.dataDir)
  const found = await Promise.all((['service', 'commands'] as const).map(async (chain) =>
    ({ chain, ...await verifyAudit(folder, chain) })))
  for (const { chain, lines, files, cut, hash, broken } of found) {
    const pieces = cut === 0 ? '' : `, ${cut} cut short by a crash`
    const state = broken === undefined ? `whole, the last hash is ${hash}` : 'broken'
    write(`${chain}: ${lines} lines in ${files} files${pieces}: ${state}\n`)
  }
  const broken = found.find((one) => one.broken !== undefined)?.broken
  if (broken === undefined) return
  const { file, line, why } = broken
  throw new ServiceError('AUDIT_BROKEN', { path: `${join(folder, file)}:${line}`, detail: why })
}

/** Tells the audit log of a command before it is run: what cannot be told is not done. */
export async function tell(
  { config, now, pid, user = '' }: World, { route, range }: { route: string, range: string },
): Promise<void> {
  const folder = auditFolder(config.dataDir)
  const unlock = lockDataDir(folder, pid) // two commands at once would write one chain
  try {
    const { auditBytesMax: bytesMax } = config
    const audit = openAuditLog({ folder, chain: 'commands', now, bytesMax, every: () => () => {} })
    try {
      await audit.append({ who: user, institution: '*', route, range, request: '' })
    } finally {
      await audit.close()
    }
  } finally {
    unlock()
  }
}
