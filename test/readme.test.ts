// The README's curl examples, as they stand there, against the running service over a socket.
import { execFile, spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import t from 'tap'
import { aServer, aWorld, ready, root } from './fixtures/service-world.js'

const noCurl = spawnSync('curl', ['--version']).error === undefined ? false : 'there is no curl here'

/** Those that can be pasted: a whole body, no file and no key of the reader's. */
const examples = [...readFileSync(join(root, 'README.md'), 'utf8').matchAll(/^curl -s [^]*?\}'$/gm)]
  .map(([text]) => text)

t.test('the curl examples are answered as they stand, each with a finding', { skip: noCurl }, async (t) => {
  const nats = await aServer(t)
  const service = await aWorld(t, { NATS_URL: nats.url }).start()
  await ready(service)
  t.strictSame(examples.map((text) => new URL(/\S+:3000\S+/.exec(text)![0].replace(/^(?!http)/, 'http://')).pathname),
    ['/v1/check', '/fsi/api', '/cds-services/order-sign'])
  for (const example of examples) {
    const text = example.replace(/(http:\/\/)?(localhost|127\.0\.0\.1):3000/, service.address)
    const { stdout } = await promisify(execFile)('bash', ['-c', text], { timeout: 30_000 })
    t.match(stdout, 'DRUG-SEX')
    t.doesNotThrow(() => { JSON.parse(stdout) })
  }
})
