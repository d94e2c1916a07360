// Starting from a fresh clone, in temporary folders with a package tree and programs of our own.
import { execFile, spawn } from 'node:child_process'
import {
  chmodSync, cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import t from 'tap'
import type { Test } from 'tap'
import { parse } from 'yaml'
import { findNats, isBuilt, isInstalled, realSystem, runIn, setup } from '../src/setup.mjs'
import type { RunOptions, System } from '../src/setup.mjs'

const project = dirname(dirname(fileURLToPath(import.meta.url)))

/** A fresh clone: sources and a lock file, nothing installed and nothing built. */
function clone(t: Test): string {
  const root = mkdtempSync(join(tmpdir(), 'claimsentry-clone-'))
  t.teardown(() => rmSync(root, { recursive: true, force: true }))
  mkdirSync(join(root, 'src/commands'), { recursive: true })
  mkdirSync(join(root, 'test'))
  writeFileSync(join(root, 'package-lock.json'), '{"lockfileVersion":3}')
  writeFileSync(join(root, 'tsconfig.json'), '{}')
  writeFileSync(join(root, 'src/main.ts'), 'export {}')
  writeFileSync(join(root, 'test/a.test.ts'), 'export {}')
  return root
}

function program(folder: string, name: string, text = 'exit 0'): string {
  mkdirSync(folder, { recursive: true })
  const file = join(folder, name)
  writeFileSync(file, `#!/bin/sh\n${text}\n`, { mode: 0o755 })
  return file
}

interface Ran { readonly line: string, readonly bin: string | undefined }

/** A machine that notes what it is asked to run, and does what `onRun` says. */
function machine(
  root: string,
  onRun: (line: string, options?: RunOptions) => number | Promise<number> = () => 0,
  more: Partial<System> = {},
) {
  const ran: Ran[] = []
  const said: string[] = []
  const system: System = {
    root,
    env: { PATH: join(root, 'bin') },
    natsPlaces: [],
    isRoot: false,
    nodeMajor: 20,
    say: (text) => said.push(text),
    async run(file, args, options) {
      const line = [file === process.execPath ? 'node' : file, ...args].join(' ')
      ran.push({ line, bin: options?.env?.['NATS_SERVER_BIN'] })
      return onRun(line, options)
    },
    ...more,
  }
  return { ran, said, system }
}

const build = 'node node_modules/typescript/bin/tsc -p tsconfig.json '
  + '--incremental --tsBuildInfoFile dist/.tsbuildinfo'
const serve = 'node --max-semi-space-size=2 --enable-source-maps dist/src/'

t.test('a fresh clone is installed and built once, then the command runs', async (t) => {
  const root = clone(t)
  const nats = program(join(root, 'bin'), 'nats-server')
  const { ran, said, system } = machine(root)
  t.equal(await setup(['start', '--flag'], system), 0)
  t.strictSame(ran, [
    { line: 'npm ci --no-audit --no-fund', bin: undefined },
    { line: build, bin: undefined },
    { line: `${serve}main.js --flag`, bin: nats },
  ])
  t.strictSame(said, ['installing dependencies… (about half a minute)', 'building…'])
  ran.length = 0
  for (const name of ['demo', 'store', 'rules', 'knowledge']) {
    t.equal(await setup([name, 'a', 'b'], system), 0)
  }
  t.equal(await setup(['test', 'test/a.test.ts'], system), 0)
  t.equal(await setup(['bench', '--quick'], system), 0)
  t.strictSame(ran, [
    { line: `${serve}commands/demo.js a b`, bin: nats },
    { line: 'node --enable-source-maps dist/src/commands/store.js a b', bin: nats },
    { line: `${serve}commands/rules.js a b`, bin: undefined },
    { line: `${serve}commands/knowledge.js a b`, bin: undefined },
    { line: 'node_modules/.bin/tap run test/a.test.ts', bin: nats },
    { line: `${serve.replace('src', 'bench')}run.js --quick`, bin: nats },
  ])
  t.equal(said.length, 2, 'nothing was missing any more')
})

t.test('a changed lock file is installed again, a changed source built again', async (t) => {
  const root = clone(t)
  const { ran, system } = machine(root)
  const work = async () => {
    ran.length = 0
    await setup(['rules'], system)
    return ran.map(({ line }) => line.split(' ').slice(0, 2).join(' '))
  }
  const install = 'npm ci'
  const compile = 'node node_modules/typescript/bin/tsc'
  const run = 'node --max-semi-space-size=2'
  t.strictSame(await work(), [install, compile, run])
  t.strictSame(await work(), [run])
  writeFileSync(join(root, 'src/commands/rules.ts'), 'export {}')
  t.strictSame(await work(), [compile, run], 'a new file')
  utimesSync(join(root, 'src/main.ts'), 1, 1)
  t.strictSame(await work(), [compile, run], 'an older one, from another branch')
  rmSync(join(root, 'test'), { recursive: true })
  t.strictSame(await work(), [compile, run], 'one that is gone')
  writeFileSync(join(root, 'src/notes.md'), 'not a source')
  t.strictSame(await work(), [run])
  rmSync(join(root, 'tsconfig.json'))
  t.strictSame(await work(), [compile, run])
  writeFileSync(join(root, 'package-lock.json'), '{"lockfileVersion":3,"packages":{}}')
  t.strictSame(await work(), [install, compile, run])
})

t.test('what was installed by hand is believed if it is not older than the lock file', (t) => {
  const root = clone(t)
  t.notOk(isInstalled(root))
  mkdirSync(join(root, 'node_modules'))
  writeFileSync(join(root, 'node_modules/.package-lock.json'), '{}')
  utimesSync(join(root, 'node_modules/.package-lock.json'), 1, 1)
  t.notOk(isInstalled(root))
  utimesSync(join(root, 'package-lock.json'), 1, 1)
  t.ok(isInstalled(root))
  t.notOk(isBuilt(root))
  t.end()
})

t.test('what fails is said in a sentence, and nothing runs after it', async (t) => {
  const root = clone(t)
  const offline = machine(root, (line) => line.startsWith('npm') ? 1 : 0)
  t.equal(await setup(['rules'], offline.system), 1)
  t.match(offline.said[1], /npm ci ended with code 1: .* If this machine has no network/)
  t.equal(offline.ran.length, 1)
  const bare = machine(root, () => 127)
  t.equal(await setup(['rules'], bare.system), 1)
  t.match(bare.said[1], /npm was not found/)
  const wrong = machine(root, (line) => line === build ? 2 : 0)
  t.equal(await setup(['rules'], wrong.system), 1)
  t.equal(wrong.said.at(-1), 'the build failed: the mistakes are above.')
  t.equal(wrong.ran.length, 2)
  const failing = machine(root, (line) => line.startsWith(serve) ? 3 : 0)
  t.equal(await setup(['rules'], failing.system), 3, 'the command\'s own exit code')
})

t.test('an unknown command and an old Node.js are refused', async (t) => {
  const root = clone(t)
  const { said, ran, system } = machine(root)
  t.equal(await setup(['fly'], system), 2)
  t.equal(await setup([], system), 2)
  t.equal(await setup(['toString'], system), 2)
  t.match(said[0], /usage: node src\/setup\.mjs <start\|demo\|dev\|test\|rules/)
  t.equal(await setup(['start'], { ...system, nodeMajor: 18 }), 1)
  t.equal(said.at(-1), 'claimsentry needs Node.js 20 or newer; this is 18.')
  t.strictSame(ran, [])
})

t.test('nats-server comes from NATS_SERVER_BIN, the PATH or where packages put it', (t) => {
  const root = clone(t)
  const bin = program(join(root, 'bin'), 'nats-server')
  const sbin = program(join(root, 'sbin'), 'nats-server')
  const given = program(join(root, 'opt'), 'my-nats')
  const natsPlaces = [join(root, 'sbin')]
  const PATH = `:${join(root, 'nowhere')}:${join(root, 'bin')}`
  t.equal(findNats({ env: { PATH, NATS_SERVER_BIN: given }, natsPlaces }), given)
  t.equal(findNats({ env: { PATH }, natsPlaces }), bin)
  chmodSync(bin, 0o644)
  t.equal(findNats({ env: { PATH }, natsPlaces }), sbin)
  t.equal(findNats({ env: {}, natsPlaces: [root] }), undefined)
  mkdirSync(join(root, 'odd/nats-server'), { recursive: true })
  t.equal(findNats({ env: { PATH: join(root, 'odd') }, natsPlaces: [] }), undefined, 'a folder')
  t.end()
})

t.test('a missing nats-server is installed by root, and otherwise explained', async (t) => {
  const root = clone(t)
  const user = machine(root)
  t.equal(await setup(['start'], user.system), 1)
  t.match(user.said.at(-1), /nats-server was not found/)
  for (const way of ['sudo apt-get update && sudo apt-get install -y nats-server',
    'brew install nats-server', 'docker run -d -p 4222:4222 nats:2.10 -js']) {
    t.ok(user.said.at(-1)!.includes(way))
  }
  const remote = { env: { ...user.system.env, NATS_URL: 'nats://somewhere' } }
  t.equal(await setup(['start'], { ...user.system, ...remote }), 0, 'NATS_URL names a server')
  t.equal(await setup(['test'], { ...user.system, ...remote }), 1, 'tests start their own')
  const wrong = { env: { ...user.system.env, NATS_SERVER_BIN: '/nowhere/nats' } }
  t.equal(await setup(['start'], { ...user.system, ...wrong }), 1)
  t.equal(user.said.at(-1), 'NATS_SERVER_BIN is /nowhere/nats, but there is no such program.')

  const apt = program(join(root, 'bin'), 'apt-get')
  const broken = machine(root, (line) => line.includes(' install ') ? 100 : 0, { isRoot: true })
  t.equal(await setup(['start'], broken.system), 1)
  t.match(broken.said.at(-2), /apt-get could not install nats-server \(code 100\)/)
  const able = machine(root, (line) => {
    if (line.includes(' install ')) program(join(root, 'bin'), 'nats-server')
    return 0
  }, { isRoot: true })
  t.equal(await setup(['start'], able.system), 0)
  t.strictSame(able.ran.slice(0, 2).map(({ line }) => line), [
    `${apt} update -qq -o Dpkg::Use-Pty=0`,
    `${apt} install -y --no-install-recommends -qq -o Dpkg::Use-Pty=0 nats-server`,
  ])
})

t.test('dev compiles and serves side by side, and one ends the other', async (t) => {
  const root = clone(t)
  program(join(root, 'bin'), 'nats-server')
  const { ran, system } = machine(root, (line, options) => {
    if (line.startsWith('npm') || line === build) return 0
    if (line.startsWith('node --watch')) return 5
    return new Promise((resolve) => {
      options?.signal?.addEventListener('abort', () => resolve(143))
    })
  })
  t.equal(await setup(['dev', 'x'], system), 5)
  t.strictSame(ran.slice(2).map(({ line }) => line), [
    'node_modules/.bin/tsc -p tsconfig.json --watch --preserveWatchOutput',
    'node --watch --max-semi-space-size=2 dist/src/main.js x',
  ])
})

t.test('exit codes, signals and aborts pass through', async (t) => {
  const root = clone(t)
  t.equal(await runIn(root, process.execPath, ['-e', 'process.exit(7)']), 7)
  t.equal(await runIn(root, process.execPath, ['-e', 'process.kill(process.pid, "SIGKILL")']), 137)
  t.equal(await runIn(root, '/nowhere/program', []), 127)
  program(join(root, 'node_modules/.bin'), 'tool', 'exit $CODE')
  t.equal(await runIn(root, 'node_modules/.bin/tool', [], { env: { CODE: '9' } }), 9)
  const ending = new AbortController()
  const waits = runIn(root, process.execPath, ['-e', 'setInterval(() => {}, 1000)'],
    { signal: ending.signal })
  ending.abort()
  t.equal(await waits, 143)
  const system = realSystem(root)
  t.equal(await system.run(process.execPath, ['-e', '']), 0)
  const { args } = t.capture(process.stderr, 'write')
  system.say('a sentence')
  t.strictSame(args(), [['a sentence\n']])
  t.equal(system.nodeMajor, Number(process.versions.node.split('.')[0]))
})

t.test('from the command line: the whole way, with npm and tsc of our own', async (t) => {
  const root = clone(t)
  cpSync(join(project, 'src/setup.mjs'), join(root, 'src/setup.mjs'))
  writeFileSync(join(root, 'package.json'), '{"type":"module"}')
  const bin = join(root, 'bin')
  program(bin, 'nats-server')
  program(bin, 'npm', `mkdir -p node_modules/typescript/bin
cat > node_modules/typescript/bin/tsc <<'END'
const { mkdirSync, writeFileSync } = require('node:fs')
mkdirSync('dist/src', { recursive: true })
writeFileSync('dist/src/main.js', \`
  process.on('SIGTERM', () => process.exit(42))
  console.log('ready', process.argv.slice(2).join())
  if (process.argv[2] === 'wait') setInterval(() => {}, 1000)
\`)
END
echo '{"type":"commonjs"}' > node_modules/typescript/package.json`)
  const env = { ...process.env, PATH: `${bin}:${process.env['PATH']}`, NATS_URL: '' }
  const args = [join(root, 'src/setup.mjs'), 'start']
  const first = await promisify(execFile)(process.execPath, [...args, 'a', 'b'], { env })
  t.equal(first.stdout, 'ready a,b\n')
  t.equal(first.stderr, 'installing dependencies… (about half a minute)\nbuilding…\n')
  const again = await promisify(execFile)(process.execPath, args, { env })
  t.strictSame(again, { stdout: 'ready \n', stderr: '' })

  const child = spawn(process.execPath, [...args, 'wait'],
    { env, stdio: ['ignore', 'pipe', 'inherit'] })
  await new Promise((resolve) => child.stdout.once('data', resolve))
  child.kill('SIGTERM')
  const code = await new Promise((resolve) => child.once('exit', resolve))
  t.equal(code, 42, 'the signal reached the command, its exit code came back')
  t.ok(readFileSync(join(root, 'dist/.claimsentry-build'), 'utf8').length === 64)
})

t.test('the container file copies what exists and starts what is built', (t) => {
  const text = readFileSync(join(project, 'Dockerfile'), 'utf8')
  const copied = [...text.matchAll(/^COPY (?!--from)(.+) \S+$/gm)]
    .flatMap(([, sources]) => sources!.split(' '))
  t.strictSame(copied, ['package.json', 'package-lock.json', 'tsconfig.json', 'src', 'rules'])
  for (const source of copied) t.ok(existsSync(join(project, source)), source)
  t.match(text, /^USER node$/m)
  t.match(text, /exec node --max-semi-space-size=2 --enable-source-maps dist\/src\/main\.js/)
  t.notMatch(text, /^(ENV|ARG) .*NATS_URL/m, 'no default: it must be said which stream is watched')
  const compose: unknown = parse(readFileSync(join(project, 'compose.yaml'), 'utf8'))
  const claimsentry = { environment: { NATS_URL: 'nats://nats:4222' } }
  t.match(compose, { services: { nats: {}, claimsentry } })
  t.end()
})
