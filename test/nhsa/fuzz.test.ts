// Whatever is posted, valid JSON comes back, and only a whole message is judged or told to the stream.
// SEED and ENVELOPES change the run.
import t from 'tap'
import { NhsaCalls } from '../../src/nhsa/calls.js'
import type { Call } from '../../src/nhsa/calls.js'
import { seededRandom } from '../fixtures/mutate.js'
import { aNhsaDoor, standard } from '../fixtures/nhsa.js'

const seed = Number(process.env['SEED'] ?? 20_260_705)
const count = Number(process.env['ENVELOPES'] ?? 200_000)
/** Through Fastify's own parser and hooks too. */
const injectedEvery = 100

interface Answer { readonly infcode: number, readonly err_msg: string, readonly output: object }

t.test('of 200,000 damaged envelopes, each hundredth over HTTP, none crashes, all get valid JSON', async (t) => {
  t.comment(`seed ${seed}`)
  const random = seededRandom(seed)
  const { app, deps, failures, asked, noted, told } = await aNhsaDoor(t)
  const calls = new NhsaCalls(deps)
  const text = JSON.stringify(standard({ envelope: { msgid: '' } }))
  let answeredCount = 0
  for (let n = 0; n < count; n++) {
    const bytes = damaged(text, random)
    const [judged, sent] = [asked.length, noted.length + told.length]
    const body = n % injectedEvery === 0
      ? (await app.inject({ method: 'POST', url: '/fsi/api', payload: bytes, headers: json })).body
      : await calls.answer(callOf(bytes))
    const { infcode, err_msg: said, output } = JSON.parse(body) as Answer
    const isAnswered = infcode === 0
    if (isAnswered) answeredCount++
    const isRight = isAnswered === (said === '') && said.length <= 200 && typeof output === 'object'
      && asked.length - judged === (isAnswered ? 1 : 0) && noted.length + told.length - sent === (isAnswered ? 1 : 0)
    if (!isRight) t.fail(`${n}: ${body}`)
    if (asked.length > 1_000) for (const list of [asked, noted]) list.length = 0
  }
  t.strictSame(failures, [])
  t.ok(answeredCount > 0 && answeredCount < count, `${answeredCount} of ${count} could be judged`)
})

const json = { 'content-type': 'application/json' }

function callOf(bytes: Uint8Array): Call {
  return {
    bytes, infnoOfPath: undefined, header: () => '', charset: undefined, startedAt: 0, caller: '', key: 'known',
    mayAsk: () => true,
    asker: { who: '', institution: '' },
  }
}

const pieces = ['', '"', '{', '[]', 'null', '-1e309', '9'.repeat(400), '\\u0000', '"中"', ',', ':1', '"__proto__":{},']

/** The text with a few places replaced by something else. */
function damaged(text: string, random: () => number): Buffer {
  let damagedText = text
  for (let times = Math.floor(random() * 4); times >= 0; times--) {
    const at = Math.floor(random() * damagedText.length)
    const length = random() < 0.7 ? 1 : Math.floor(random() * 200)
    const piece = pieces[Math.floor(random() * pieces.length)]!
    damagedText = damagedText.slice(0, at) + piece + damagedText.slice(at + length)
  }
  return Buffer.from(damagedText, random() < 0.1 ? 'latin1' : 'utf8')
}
