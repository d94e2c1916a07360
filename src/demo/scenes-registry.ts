// Scenes that a claim alone does not tell: what an institution had in stock, and which disease a patient
// is registered for. Events of their own tell it before; the twin differs in one unit or one drug.
import { consumable, drug, drugsFor } from './catalogue.js'
import type { Article } from './catalogue.js'
import { momentText } from './clock.js'
import type { Raised, Stage } from './stage.js'

const counted = 10
const bought = 10
/** A tenth of what was there may be a slip of counting. */
const soldInTolerance = 22

/** One unit more sold than what was counted and bought, with its tolerance; the twin sells as many. */
export const drugBeyondStock = (stage: Stage): Raised =>
  // Each scene has a drug of its own: nobody else's sales are in its stock.
  beyondStock(stage, drug(`XV07AAS001A001010${digits(stage)}`, '复方氨维胶囊', 4_200))

/** The same with a consumable. */
export const consumableBeyondStock = (stage: Stage): Raised =>
  beyondStock(stage, consumable(`C98010100000000000000${digits(stage)}`, '一次性使用护理包', 68_000))

const digits = ({ scene }: Stage) => String(scene).padStart(6, '0')

function beyondStock(stage: Stage, article: Article): Raised {
  const place = stage.hospital()
  const told = (movement: string, quantity: number, on: number) => {
    const at = momentText(stage.day + on, 420)
    const data = {
      institution: place.id, code: article.code, id: `M${stage.scene}-${on}`, movement, quantity, at,
    }
    stage.notice('stock', { on, minute: 420, owner: ['institution', place.id], data })
  }
  told('count', counted, 0)
  told('purchase', bought, 1)
  const half = soldInTolerance / 2
  stage.visit({ on: 2, place, person: stage.stranger() }).add(article, { quantity: half })
  const bill = stage.visit({ on: 3, place })
  return { bill, items: [bill.add(article, { quantity: half + (stage.isHit ? 1 : 0) })] }
}

const diabetes = 'M01600'
const hypertension = 'M03900'

/** Half of the violations are drugs of no diabetic, half a disease that was never registered. */
export function outsideDiseaseCatalogue(stage: Stage): Raised {
  const isUnregistered = stage.isHit && stage.variant % 2 === 1
  const person = stage.person()
  const data = {
    subject: 'benefit',
    key: person.key,
    state: { special_diseases: [isUnregistered ? hypertension : diabetes] },
    at: momentText(stage.day, 420),
  }
  stage.notice('registry', { minute: 420, owner: ['benefit', person.key], data })
  const bill = stage.visit({
    on: 1, medType: '14', specialDisease: diabetes, isBare: true, person,
    diagnoses: [['E11.900', '2型糖尿病']],
  })
  const article = drugsFor(stage.isHit && !isUnregistered ? 'skin' : 'diabetes')[0]!
  const item = bill.add(article)
  return { bill, items: isUnregistered ? [] : [item] }
}
