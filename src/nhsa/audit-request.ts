// 3101 and 3102: what the client tells of a patient, as the data of a settlement that the decoder reads.
// Puts right what real clients get wrong and says what it put right; refuses what nobody could judge.
import { isDeepStrictEqual } from 'node:util'
import { auditField, diagnosisField, patientField, procedureField, visitField } from './audit-fields.js'
import { linesOf } from './audit-lines.js'
import type { AuditLine } from './audit-lines.js'
import { ruleIdsOf, scenesOf } from './audit-scope.js'
import type { Dialect } from './dialect.js'
import type { Envelope } from './envelope.js'
import { identifierOf } from './identifier.js'
import { isNode, isNothing, momentOf, nodesOf, numberOf, textOf, valueOf } from './node.js'
import type { Names, Node } from './node.js'
import { NhsaRefusal } from './refusal.js'

/** History that a message may carry: beyond it the newest are kept. */
const earlierMax = 200

export interface AuditRequest {
  readonly taskId: string
  /** 触发场景, 1 to 10; empty when the client states none that exists. */
  readonly scenes: readonly number[]
  /** As sent; may name rules that do not exist. */
  readonly ruleIds: readonly string[]
  /** As the client names them: for the answer only, never kept. */
  readonly patient: string
  readonly visit: string
  readonly institution: string
  /** chrg_bchno; '' where nobody tells. */
  readonly chargeBatch: string
  /** Data of the settlement about to be (SettlementWire), for the decoder. */
  readonly settlement: object
  readonly lines: readonly AuditLine[]
  /** The patient's other visits that the message carries. */
  readonly earlier: readonly EarlierVisit[]
  readonly repairs: readonly string[]
}

export interface EarlierVisit {
  /** As the client names it. */
  readonly visit: string
  /** Data of a settlement, as that of the visit that is asked about. */
  readonly settlement: object
  readonly lines: readonly AuditLine[]
}

export interface AuditOptions {
  /** The opaque key of a person number. */
  keyOf(patient: string): string
  readonly dialect: Dialect
}

/** Throws NhsaRefusal naming the first missing fields. */
export function auditRequest(envelope: Envelope, { keyOf, dialect }: AuditOptions): AuditRequest {
  const repairs = [...envelope.repairs]
  const { input } = envelope
  const data = nodesOf(valueOf(input, auditField.data))[0] ?? input
  const patient = patientOf(data, input)
  const id = patient === undefined ? '' : textOf(patient, patientField.id, 100)
  const visits = patient === undefined ? [] : collection(patientField.visits, patient, data, input)
  const institution = textOf(visits[0] ?? {}, visitField.institution, 64) || envelope.institution
  const missing = [
    id === '' ? '参保人标识 patn_id' : '',
    visits.length === 0 ? '就诊信息 fsi_encounter_dtos' : '',
    institution === '' ? '医疗机构 medins_id' : '',
  ].filter((name) => name !== '')
  if (patient === undefined || missing.length > 0) throw new NhsaRefusal(`缺少必填信息：${missing.join('、')}`)
  const current = currentVisit(visits, textOf(patient, patientField.currentVisit, 100), repairs)
  const scene = textOf(data, auditField.scene, 40)
  const scenes = scenesOf(scene)
  if (scene !== '' && scenes.length === 0) repairs.push('scene-unknown')
  const about: About = {
    envelope, dialect, scenes, institution, key: keyOf(id), person: patient, roots: [patient, data, input],
  }
  const told = settlementOf(current, about, repairs)
  return {
    taskId: textOf(data, auditField.taskId, 64),
    scenes,
    ruleIds: ruleIdsOf(valueOf(data, auditField.ruleIds)),
    patient: id,
    visit: textOf(current, visitField.id, 100),
    institution,
    chargeBatch: batchOf([current, patient, data, input]) || told.chargeBatch,
    settlement: told.settlement,
    lines: told.lines,
    earlier: visits.filter((visit) => visit !== current && !isNothing(valueOf(visit, visitField.orders)))
      .slice(-earlierMax).map((visit) => earlierOf(visit, about, repairs)),
    repairs: [...new Set(repairs)],
  }
}

interface About {
  readonly envelope: Envelope
  readonly dialect: Dialect
  readonly scenes: readonly number[]
  readonly institution: string
  readonly key: string
  readonly person: Node
  /** Where the collections of the current visit may stand beside it. */
  readonly roots: readonly Node[]
}

/** The node of the person: a collection of one, or the fields themselves beside the others. */
function patientOf(data: Node, input: Node): Node | undefined {
  const listed = collection(auditField.patients, data, input)[0]
  if (listed !== undefined) return listed
  return [data, input].find((node) => textOf(node, patientField.id) !== '')
}

function collection(field: Names, ...places: readonly Node[]): readonly Node[] {
  return nodesOf(listed(field, ...places))
}

/** As sent, from the first place that holds something: the same list under two names counts once. */
function listed(field: Names, ...places: readonly Node[]): readonly unknown[] {
  for (const place of places) {
    for (const name of field) {
      const value = place[name]
      const list: readonly unknown[] = Array.isArray(value) ? value : [value]
      if (list.some(isNode)) return list
    }
  }
  return []
}

function currentVisit(visits: readonly Node[], id: string, repairs: string[]): Node {
  const named = visits.find((visit) => textOf(visit, visitField.id, 100) === id)
  if (named !== undefined) return named
  const [only, ...others] = visits
  if (others.length > 0 && !others.every((visit) => isDeepStrictEqual(visit, only))) {
    throw new NhsaRefusal('当前就诊标识 curr_mdtrt_id 与任何一次就诊都不相符')
  }
  if (id !== '') repairs.push('current-visit')
  return only!
}

/** Beside the visit, above it, or (linesOf) on its lines: the standard has no place for it. */
function batchOf(nodes: readonly Node[]): string {
  const holder = nodes.find((node) => textOf(node, visitField.chargeBatch) !== '')
  return holder === undefined ? '' : textOf(holder, visitField.chargeBatch, 64)
}

function settlementOf(
  visit: Node, about: About, repairs: string[],
): { settlement: object, lines: readonly AuditLine[], chargeBatch: string } {
  const { envelope, roots, institution, key, person, dialect } = about
  const { items, lines, chargeBatch } = linesOf(listed(visitField.orders, visit, ...roots), repairs)
  const id = identifierOf(textOf(visit, visitField.id, 100) || `${key} ${envelope.msgid}`)
  const maternity = textOf(visit, visitField.maternity, 8)
  const settlement = {
    settlement_id: `ask-${id}`.slice(0, 64),
    ...(envelope.time === '' ? {} : { settled_at: envelope.time }),
    patient: {
      key,
      sex: textOf(person, patientField.sex, 8),
      birth_date: momentOf(person, patientField.birthDate),
      insurance_type: textOf(visit, visitField.insuranceType, 6),
      region: textOf(person, patientField.region, 12) || envelope.insuredRegion,
      ...(maternity === '' || maternity === '0' ? {} : { // 0: 未知, and what all write who do not ask
        is_pregnant: dialect.pregnant.includes(maternity),
        is_lactating: dialect.lactating.includes(maternity),
      }),
    },
    visit: {
      id,
      ...settingOf(visit, about),
      institution: {
        id: institutionId(textOf(visit, visitField.institution, 64) || institution),
        ...levelOf(textOf(visit, visitField.institutionLevel, 8), dialect),
        type: textOf(visit, visitField.institutionType, 10),
        region: textOf(visit, visitField.institutionRegion, 12) || envelope.region,
      },
      department: textOf(visit, visitField.department, 50),
      department_name: textOf(visit, visitField.departmentName, 100),
      doctor: { id: textOf(visit, visitField.doctor, 50), title: lines[0]?.doctorTitle ?? '' },
      ...timesOf(visit, about),
      ward: textOf(visit, visitField.ward, 20),
      bed: textOf(visit, visitField.bed, 20),
      diagnoses: diagnosesOf(visit, roots, repairs),
      procedures: collection(visitField.procedures, visit, ...roots).map(procedureOf),
    },
    items,
    payment: paymentOf(visit),
    is_cross_region: textOf(visit, visitField.outSettled, 4) === '1',
  }
  return { settlement, lines, chargeBatch }
}

/** Another visit of the patient: settled when it ended, as far as anybody tells. */
function earlierOf(visit: Node, about: About, repairs: string[]): EarlierVisit {
  const { settlement, lines } = settlementOf(visit, { ...about, roots: [] }, repairs)
  const at = momentOf(visit, visitField.end) || momentOf(visit, visitField.start)
  return {
    visit: textOf(visit, visitField.id, 64),
    settlement: at === '' ? settlement : { ...settlement, settled_at: at },
    lines,
  }
}

/** An identifier of the wire: one token of a subject. */
function institutionId(text: string): string {
  return /^[A-Za-z0-9_-]+$/.test(text) ? text : identifierOf(text)
}

const otherSetting = 'other'

/** From med_type; where it says nothing, from med_mdtrt_type, and at last from the scene. */
function settingOf(visit: Node, { dialect, scenes }: About): { type: string, setting?: string } {
  const type = textOf(visit, visitField.type, 6)
  if (/^(1\d|2\d|41|51|52|81)/.test(type)) return { type }
  const kind = dialect.visit_kinds[textOf(visit, visitField.kind, 8)]
  if (kind !== undefined && kind !== otherSetting) return { type, setting: kind }
  const scene = scenes[0] ?? 0
  if (scene === 10) return { type, setting: 'pharmacy' }
  if ([3, 4, 5, 8, 9].includes(scene)) return { type, setting: 'inpatient' }
  return scene === 0 ? { type } : { type, setting: 'outpatient' }
}

function levelOf(code: string, { levels }: Dialect): { level?: number } {
  const level = levels[code]
  return level === undefined ? {} : { level }
}

/** Who is still in has the day of admission as the day of discharge too: that is no discharge. */
function timesOf(visit: Node, about: About): { start: string, end?: string } {
  const start = momentOf(visit, visitField.start)
  const end = momentOf(visit, visitField.end)
  const isStay = isInpatient(settingOf(visit, about))
  const isSettled = about.scenes.some((scene) => scene === 8 || scene === 9)
  if (end === '' || (isStay && !isSettled && end === start)) return { start }
  return { start, end }
}

function isInpatient({ type, setting }: { type: string, setting?: string }): boolean {
  return setting === undefined ? /^(2\d|52)/.test(type) : setting === 'inpatient'
}

function diagnosesOf(visit: Node, roots: readonly Node[], repairs: string[]): object[] {
  const main = textOf(visit, visitField.mainDiagnosis, 30)
  const listed = collection(visitField.diagnoses, visit, ...roots)
  if (listed.length === 0) {
    if (main === '') return []
    repairs.push('diagnosis-from-visit')
    return [{ code: main, name: textOf(visit, visitField.mainDiagnosisName), is_main: true, order: 1 }]
  }
  const seen = new Set<string>()
  const diagnoses: { code: string, is_main: boolean }[] = []
  for (const node of listed) {
    const code = textOf(node, diagnosisField.code, 30)
    const flag = textOf(node, diagnosisField.isMain, 32)
    const inOut = textOf(node, diagnosisField.inOut, 4)
    if (seen.has(`${code} ${inOut}`)) continue
    seen.add(`${code} ${inOut}`)
    diagnoses.push({
      code,
      name: textOf(node, diagnosisField.name),
      is_main: flag === '1' || (code !== '' && flag === code),
      order: numberOf(node, diagnosisField.order),
      kind: textOf(node, diagnosisField.kind, 16),
      in_out: inOut,
    } as typeof diagnoses[number])
  }
  if (diagnoses.length < listed.length) repairs.push('diagnosis-repeated')
  const isTold = diagnoses.some(({ is_main: isMain }) => isMain)
  return isTold ? diagnoses : diagnoses.map((one) => ({ ...one, is_main: main !== '' && one.code === main }))
}

function procedureOf(node: Node): object {
  return {
    code: textOf(node, procedureField.code, 30),
    name: textOf(node, procedureField.name, 500),
    is_main: textOf(node, procedureField.isMain, 4) === '1',
    date: momentOf(node, procedureField.date),
    anaesthesia: textOf(node, procedureField.anaesthesia, 30),
    surgeon: textOf(node, procedureField.surgeon, 50),
    anaesthetist: textOf(node, procedureField.anaesthetist, 50),
  }
}

/** A total of 0 is what senders write before they know it: then the lines are added up. */
function paymentOf(visit: Node): object {
  const told = (field: Names) => {
    const value = numberOf(visit, field)
    return value === undefined || Number(value) === 0 ? undefined : value
  }
  return {
    total: told(visitField.total),
    fund: told(visitField.fund),
    account: told(visitField.account),
    aid: told(visitField.aid),
    special_disease: textOf(visit, visitField.specialDisease, 30),
  }
}

