#!/usr/bin/env node
// Runs one of the project's commands from a fresh clone: installs and builds what is missing or has
// changed, finds a nats-server, then gives way to the command. Plain Node.js: nothing may be needed
// before this runs. Knows nothing of claims.
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  accessSync, constants, existsSync, mkdirSync, readdirSync, readFileSync, realpathSync, statSync,
  writeFileSync,
} from 'node:fs'
import { constants as os } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const nodeMajorMin = 20
// A small young generation keeps its collections short: p99.9 depends on it (measured).
const nodeFlags = ['--max-semi-space-size=2']

/** What each command runs once everything is there; `nats`: when it needs a server program. */
const commands = {
  start: { nats: 'embedded', run: main },
  demo: { nats: 'embedded', run: command },
  dev: { nats: 'embedded', run: watch },
  test: { nats: 'always', run: (system, args) => system.run(tool('tap'), ['run', ...args]) },
  rules: { run: command },
  docs: { run: command },
  keys: { run: command },
  knowledge: { run: command },
  store: { nats: 'embedded', run: batch },
  replay: { nats: 'embedded', run: command },
  bench: { nats: 'always', run: (system, args) => node(system, ['dist/bench/run.js', ...args]) },
}

/** Does all of it; resolves with the exit code. Everything outside comes through `system`. */
export async function setup([name, ...args], system) {
  const chosen = Object.hasOwn(commands, name ?? '') ? commands[name] : undefined
  if (chosen === undefined) {
    system.say(`usage: node src/setup.mjs <${Object.keys(commands).join('|')}> [arguments]`)
    return 2
  }
  if (system.nodeMajor < nodeMajorMin) {
    system.say(`claimsentry needs Node.js ${nodeMajorMin} or newer; this is ${system.nodeMajor}.`)
    return 1
  }
  if (!isInstalled(system.root) && !await install(system)) return 1
  const env = chosen.nats === undefined ? {} : await natsFor(chosen.nats, system)
  if (env === undefined) return 1
  if (!isBuilt(system.root) && !await build(system)) return 1
  const all = { ...system.env, ...env }
  const run = (program, words, more) => system.run(program, words, { ...more, env: all })
  return chosen.run({ ...system, run }, args, name)
}

// --- dependencies ---

const installStamp = 'node_modules/.claimsentry-install'

/** True when what is installed is what package-lock.json asks for. */
export function isInstalled(root) {
  const stamp = join(root, installStamp)
  if (readOr(stamp) === lockHash(root)) return true
  if (existsSync(stamp)) return false
  // Installed by hand: npm notes when it last wrote the folder.
  const noted = mtimeOr(join(root, 'node_modules/.package-lock.json'))
  if (noted < mtimeOr(join(root, 'package-lock.json'))) return false
  writeFileSync(stamp, lockHash(root))
  return true
}

async function install(system) {
  system.say('installing dependencies… (about half a minute)')
  const code = await system.run('npm', ['ci', '--no-audit', '--no-fund'])
  if (code === 0) {
    mkdirSync(join(system.root, 'node_modules'), { recursive: true })
    writeFileSync(join(system.root, installStamp), lockHash(system.root))
    return true
  }
  system.say(code === 127
    ? 'npm was not found: install Node.js with npm (https://nodejs.org) and try again.'
    : `npm ci ended with code ${code}: its own words are above. If this machine has no network, or `
      + 'a proxy, set npm\'s registry or proxy (npm config set proxy …), or run "npm ci" where '
      + 'there is one and copy node_modules here.')
  return false
}

function lockHash(root) {
  return createHash('sha256').update(readOr(join(root, 'package-lock.json'))).digest('hex')
}

// --- the build ---

const buildStamp = 'dist/.claimsentry-build'
const sourceFolders = ['src', 'test', 'bench']

/** True when no source was added, removed or changed since the last build. */
export function isBuilt(root) {
  return readOr(join(root, buildStamp)) === sourcesHash(root)
}

async function build(system) {
  system.say('building…')
  const before = sourcesHash(system.root)
  const code = await system.run(process.execPath, [
    'node_modules/typescript/bin/tsc', '-p', 'tsconfig.json',
    '--incremental', '--tsBuildInfoFile', 'dist/.tsbuildinfo',
  ])
  if (code !== 0) {
    system.say('the build failed: the mistakes are above.')
    return false
  }
  mkdirSync(join(system.root, 'dist'), { recursive: true })
  writeFileSync(join(system.root, buildStamp), before)
  return true
}

/** Names, sizes and times, not contents: some hundred files in a few milliseconds. */
function sourcesHash(root) {
  const hash = createHash('sha256').update(lockHash(root))
  const files = ['tsconfig.json']
  for (const folder of sourceFolders) {
    if (!existsSync(join(root, folder))) continue
    for (const entry of readdirSync(join(root, folder), { recursive: true }).sort()) {
      if (entry.endsWith('.ts')) files.push(join(folder, entry))
    }
  }
  for (const file of files) {
    const { size = 0, mtimeMs = 0 } = statSync(join(root, file), { throwIfNoEntry: false }) ?? {}
    hash.update(`${file} ${size} ${mtimeMs}\n`)
  }
  return hash.digest('hex')
}

// --- nats-server ---

/** The environment that names the server program; undefined when there is none to be had. */
async function natsFor(need, system) {
  if (need === 'embedded' && (system.env.NATS_URL ?? '') !== '') return {}
  const given = system.env.NATS_SERVER_BIN ?? ''
  if (given !== '' && findProgram(given, system) === undefined) {
    system.say(`NATS_SERVER_BIN is ${given}, but there is no such program.`)
    return undefined
  }
  const found = findNats(system) ?? await installNats(system)
  return found === undefined ? undefined : { NATS_SERVER_BIN: found }
}

/** Path of nats-server: NATS_SERVER_BIN, or on the PATH, or where distributions put it. */
export function findNats(system) {
  return findProgram(system.env.NATS_SERVER_BIN || 'nats-server', system)
}

async function installNats(system) {
  const apt = findProgram('apt-get', system)
  if (system.isRoot && apt !== undefined) {
    system.say('installing nats-server… (apt-get)')
    const quiet = ['-qq', '-o', 'Dpkg::Use-Pty=0']
    await system.run(apt, ['update', ...quiet])
    const wanted = ['install', '-y', '--no-install-recommends', ...quiet, 'nats-server']
    const code = await system.run(apt, wanted)
    const found = findNats(system)
    if (code === 0 && found !== undefined) return found
    system.say(`apt-get could not install nats-server (code ${code}): its words are above.`)
  }
  system.say([
    'nats-server was not found. One of these brings it:',
    '  Debian, Ubuntu   sudo apt-get update && sudo apt-get install -y nats-server',
    '  macOS            brew install nats-server',
    '  Docker           docker run -d -p 4222:4222 nats:2.10 -js',
    '                   and then NATS_URL=nats://127.0.0.1:4222 npm start',
    'Or set NATS_SERVER_BIN to its path, or NATS_URL to a server that runs.',
  ].join('\n'))
  return undefined
}

function findProgram(name, { env, natsPlaces }) {
  if (name.includes('/')) return isExecutable(name) ? name : undefined
  const folders = [...(env.PATH ?? '').split(delimiter), ...natsPlaces]
  return folders.filter((folder) => folder !== '')
    .map((folder) => join(folder, name)).find(isExecutable)
}

function isExecutable(file) {
  try {
    accessSync(file, constants.X_OK)
    return statSync(file).isFile()
  } catch {
    return false
  }
}

// --- running ---

function node(system, args) {
  return system.run(process.execPath, [...nodeFlags, '--enable-source-maps', ...args])
}

function main(system, args) {
  return node(system, ['dist/src/main.js', ...args])
}

/** Nobody waits for an answer: a rebuild is a tenth faster with a young generation of usual size. */
function batch(system, args, name) {
  return system.run(process.execPath, ['--enable-source-maps', `dist/src/commands/${name}.js`, ...args])
}

function command(system, args, name) {
  return node(system, [`dist/src/commands/${name}.js`, ...args])
}

function tool(name) {
  return `node_modules/.bin/${name}`
}

/** Compiles and starts again at every change, until either of the two ends. */
async function watch(system, args) {
  const ending = new AbortController()
  const { signal } = ending
  const compile = ['-p', 'tsconfig.json', '--watch', '--preserveWatchOutput']
  const serve = ['--watch', ...nodeFlags, 'dist/src/main.js', ...args]
  const both = [
    system.run(tool('tsc'), compile, { signal }),
    system.run(process.execPath, serve, { signal }),
  ]
  const code = await Promise.race(both)
  ending.abort()
  await Promise.all(both)
  return code
}

/** Runs a program in the project's folder; signals reach it; 127 when there is no such program. */
export function runIn(root, program, args, { signal, env = process.env } = {}) {
  const path = program.startsWith('node_modules/') ? join(root, program) : program
  return new Promise((resolve) => {
    const child = spawn(path, args, { cwd: root, env, stdio: 'inherit' })
    // The terminal gives Ctrl-C to the child as well; a second one would cut its farewell short.
    /* c8 ignore next 3 -- runs in a process of its own in the tests: a signal would end them */
    const forward = (name) => {
      if (name !== 'SIGINT' || process.stdin.isTTY !== true) child.kill(name)
    }
    const names = ['SIGINT', 'SIGTERM', 'SIGHUP']
    for (const name of names) process.on(name, forward)
    const onAbort = () => child.kill('SIGTERM')
    signal?.addEventListener('abort', onAbort)
    const end = (code) => {
      for (const name of names) process.removeListener(name, forward)
      signal?.removeEventListener('abort', onAbort)
      resolve(code)
    }
    child.once('error', () => end(127))
    child.once('exit', (code, name) => end(code ?? 128 + os.signals[name]))
  })
}

function readOr(file) {
  return existsSync(file) ? readFileSync(file, 'utf8') : ''
}

function mtimeOr(file) {
  return statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0
}

/** The machine as it is. */
export function realSystem(root) {
  return {
    root,
    env: process.env,
    natsPlaces: ['/usr/sbin', '/usr/local/bin', '/opt/homebrew/bin'], // not on every PATH
    isRoot: process.getuid?.() === 0,
    nodeMajor: Number(process.versions.node.split('.')[0]),
    say: (text) => process.stderr.write(`${text}\n`),
    run: (program, args, options) => runIn(root, program, args, options),
  }
}

const self = fileURLToPath(import.meta.url)
/* c8 ignore next 3 -- the tests run a copy of this file, in a process of its own */
if (process.argv[1] !== undefined && realpathSync(process.argv[1]) === self) {
  process.exitCode = await setup(process.argv.slice(2), realSystem(dirname(dirname(self))))
}
