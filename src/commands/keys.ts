// `npm run keys`: makes an API key and writes its hash into the key file. The key itself is printed once
// and stands nowhere. Changes nothing else in the file; the service reads it at its start.
import { randomBytes } from 'node:crypto'
import { mkdirSync, renameSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { loadConfig } from '../config.js'
import { ServiceError } from '../errors.js'
import { everyInstitution, hashKey, parseKeys, readKeyFile, scopes } from '../http/keys.js'

const usage = `usage: npm run keys -- <command>
  list                                 the keys of API_KEYS_FILE: id, institution, scopes
  add <id> <institution> <scope,…>     makes a key for one institution, or for all with '${everyInstitution}'
  remove <id>                          from the next start of the service on nobody has it
scopes: ${scopes.join(', ')}
`

interface KeysCommand {
  readonly args: readonly string[]
  readonly env: Readonly<Record<string, string | undefined>>
  readonly write: (text: string) => void
  readonly writeError: (text: string) => void
}

/** The exit code: 0 when it is done, 1 when it could not be done, 2 when it was not understood. */
export function keysCommand({ args, env, write, writeError }: KeysCommand): number {
  const [name = '', id = '', institution = '', scopeList = ''] = args
  const counts: Partial<Record<string, number>> = { list: 1, remove: 2, add: 4 }
  if (counts[name] !== args.length) {
    writeError(usage)
    return 2
  }
  try {
    const file = loadConfig(env).apiKeysFile
    const text = readKeyFile(file)
    const keys = text === undefined ? [] : parseKeys(text, file)
    if (name === 'list') {
      for (const one of keys) write(`${one.id}  ${one.institution}  ${one.scopes.join(',')}\n`)
      write(`${keys.length} keys in ${file}\n`)
    } else if (name === 'remove') {
      const rest = keys.filter((one) => one.id !== id)
      if (rest.length === keys.length) throw refusal(file, `there is no key ${id}`)
      save(file, rest)
      write(`${id} is no longer in ${file}: start the service again\n`)
    } else {
      const secret = randomBytes(32).toString('base64url')
      save(file, [...keys, { id, sha256: hashKey(secret), institution, scopes: scopeList.split(',') }])
      write(`${secret}\n`)
      writeError(`this key is shown once; its hash is in ${file}: start the service again. `
        + 'Callers send it as "authorization: Bearer <key>"\n')
    }
    return 0
  } catch (error) {
    if (!(error instanceof ServiceError)) throw error
    writeError(`${error.code} ${error.path} ${error.message}\n`)
    return 1
  }
}

/** Whole or not at all; only what a start would take. */
function save(file: string, keys: readonly object[]): void {
  const text = `${JSON.stringify(keys, null, 1)}\n`
  parseKeys(text, file)
  try {
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(`${file}.part`, text, { mode: 0o600 })
    renameSync(`${file}.part`, file)
  } catch (cause) {
    throw refusal(file, 'it cannot be written', cause)
  }
}

function refusal(path: string, detail: string, cause?: unknown): ServiceError {
  return new ServiceError('CONFIG_INVALID', { path, detail, cause })
}

/* c8 ignore start -- the process itself: what it runs is tested above it */
if (process.argv[1] === fileURLToPath(import.meta.url)) {
  process.exitCode = keysCommand({
    args: process.argv.slice(2),
    env: process.env,
    write: (text) => process.stdout.write(text),
    writeError: (text) => process.stderr.write(text),
  })
}
/* c8 ignore stop */
