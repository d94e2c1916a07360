// What a settlement event looks like on the wire: CloudEvents 1.0, structured mode, `data` in
// English snake_case. Each description names the national field, the unit and the dictionary. Shape
// only: what the values mean, and which cannot be true, is decode.ts's work.
import { Type } from '@sinclair/typebox'
import type { Static, TSchema } from '@sinclair/typebox'
import { reasonCodes } from './reason-codes.js'
import { AskedWire } from './wire-asked.js'

/** Bounds of one event. Meeting one is an error code of its own, and counted. */
export const itemsMax = 5_000 // a year's stay in intensive care has about 3,000 lines
export const diagnosesMax = 100 // the national settlement list holds 41
export const proceduresMax = 100 // likewise
export const traceCodesMax = 500 // packs on one line; a ward's daily issue is below 200
export const eventBytesMax = 1_048_576 // design: the server's max_payload less 64 KiB where smaller
export const depthMax = 12 // our own deepest path is data.visit.institution.id: 4

// Real senders write numbers as text and "" or null for nothing; decode.ts reads all of these.
const absent = <T extends TSchema>(schema: T) =>
  Type.Optional(Type.Union([schema, Type.Null()]))
const text = (maxLength: number, description: string) =>
  absent(Type.String({ maxLength, description }))
const numeric = (description: string) =>
  absent(Type.Union([Type.Number(), Type.String({ maxLength: 32 })], { description }))
const flag = (description: string) =>
  absent(Type.Union( // some senders put a whole code into a flag: wide enough not to be refused
    [Type.Boolean(), Type.Number(), Type.String({ maxLength: 32 })],
    { description: `${description} true/false, 1/0 or "1"/"0"` },
  ))
/** A code of a national dictionary: its digits come as text or as a number. */
const dictionary = (maxLength: number, description: string) =>
  absent(Type.Union([Type.String({ maxLength }), Type.Integer()], { description }))
/** A list or an object; senders write "" for an empty one, which the type need not know. */
const node = <T extends TSchema>(schema: T) =>
  Type.Optional(Type.Unsafe<Static<T> | null>(
    Type.Union([schema, Type.Null(), Type.Literal('')])))

/** An identifier that becomes part of a key: printable ASCII without spaces. */
const identifier = (description: string) =>
  Type.String({ minLength: 1, maxLength: 64, pattern: '^[\\x21-\\x7e]+$', description })

/** As identifier, and one token of a subject and the first part of a key: no dots or colons. */
const institution = (description: string) =>
  Type.String({ minLength: 1, maxLength: 64, pattern: '^[A-Za-z0-9_-]+$', description })

export const PatientWire = Type.Object({
  key: absent(Type.String({
    maxLength: 64,
    description: '[A-Za-z0-9_-]{8,64}: keyed hash of the identity number; psn_no stays at home',
  })),
  sex: absent(Type.Union([Type.String({ maxLength: 8 }), Type.Number()], {
    description: 'gend: 1 male, 2 female, 0 or 9 unknown; or male/female/unknown',
  })),
  birth_date: text(32, 'brdy: YYYY-MM-DD'),
  insurance_type: dictionary(6, 'insutype: 310 employee, 390 resident, 510 maternity, …'),
  region: dictionary(12, 'insuplc_admdvs / poolarea: six-digit code of the pooling area'),
  is_pregnant: flag('matn_stas 妊娠期.'),
  is_lactating: flag('matn_stas 哺乳期.'),
}, { description: 'The insured person (参保人)' })

export const InstitutionWire = Type.Object({
  id: institution('fixmedins_code / medins_id: code of the designated institution'),
  level: numeric('hosp_lv / medins_lv as a level: 3, 2, 1, or 0 for none'),
  type: dictionary(10, 'medins_type: A100 general hospital, … or pharmacy'),
  region: dictionary(12, 'medins_admdvs: six-digit code of the place of care'),
}, { description: 'The designated institution (定点医药机构)' })

export const DiagnosisWire = Type.Object({
  code: text(30, 'dise_codg / diag_code: ICD-10 in the insurance edition, or a TCM code'),
  name: text(200, 'dise_name'),
  is_main: flag('maindise_flag.'),
  order: numeric('dias_srt_no: 1 is the first'),
  kind: dictionary(16, 'diag_type: 1 western, 2 tcm-disease, 3 tcm-syndrome'),
  in_out: dictionary(4, 'inout_dise_type: 1 admission, 2 discharge'),
  admission_condition: dictionary(
    4, 'adm_cond_type 入院病情: 1 yes, 2 uncertain, 3 unclear, 4 none: it came up in the stay'),
  is_hospital_acquired: flag('Acquired in the institution (医院感染); else admission_condition tells.'),
})

export const ProcedureWire = Type.Object({
  code: text(30, 'oprn_code: ICD-9-CM-3 in the insurance edition'),
  name: text(500, 'oprn_name'),
  is_main: flag('main_oprn_flag.'),
  date: text(32, 'oprn_date'),
  incision: text(16, 'Which incision of the operation this belongs to, by the hospital’s numbers'),
  incision_class: text(8, 'Incision class: 0, I, II, III'),
  surgeon: text(50, 'oper_dr_code'),
  anaesthetist: text(50, 'anst_dr_code'),
  anaesthesia: text(30, 'anst_way'),
})

export const DoctorWire = Type.Object({
  id: text(50, 'dr_codg / bilg_dr_codg'),
  title: dictionary(8, 'drord_dr_profttl: 231 chief, 232 deputy, 233 attending, 234 physician'),
  rights: node(Type.Array(Type.String({ maxLength: 32 }), {
    maxItems: 32,
    description: 'Prescribing rights: antibiotic-unrestricted, -restricted, -special, narcotic, …',
  })),
})

export const VisitWire = Type.Object({
  id: identifier('mdtrt_id: the visit'),
  type: dictionary(
    6, 'med_type: 11 outpatient, 13 emergency, 14 chronic disease, 21 inpatient, 41 pharmacy'),
  setting: dictionary(
    16, 'outpatient, emergency, inpatient, pharmacy, other; derived from type when absent'),
  is_internet: flag('Visit of an internet hospital (pay_loc 5).'),
  institution: InstitutionWire,
  department: text(50, 'adm_dept_codg / bilg_dept_codg'),
  department_name: text(100, 'adm_dept_name'),
  doctor: node(DoctorWire),
  start: text(32, 'adm_date / begntime: admission, or the moment of the outpatient visit'),
  end: text(32, 'dscg_date / endtime: discharge; absent while the patient is in'),
  ward: text(20, 'wardarea_codg'),
  bed: text(20, 'bedno'),
  leave_days: numeric('Days of leave during the stay'),
  is_planned_readmission: flag('Planned readmission (31天内再住院计划).'),
  is_transfer: flag('Admitted by transfer (转院).'),
  diagnoses: node(Type.Array(DiagnosisWire)),
  procedures: node(Type.Array(ProcedureWire)),
}, { description: 'The visit (就诊): an outpatient visit, a stay or a pharmacy purchase' })

export const ItemWire = Type.Object({
  id: text(64, 'feedetl_sn / rx_id: id of the line, unique within the visit'),
  code: text(50, 'med_list_codg: national code; "" or "0" when unmapped'),
  local_code: text(150, 'medins_list_codg: the hospital’s own code'),
  name: text(300, 'med_list_name / hilist_name'),
  category: dictionary(
    16, 'list_type: 101 drug, 102 herbal piece, 106 granule, 201 service, 301 consumable'),
  fee_class: dictionary(
    8, 'med_chrgitm_type: 01 bed, 02 consultation, … 09 western drug, 14 other'),
  quantity: numeric('cnt: units, at most four decimals; negative on a refund line'),
  unit_price: numeric('pric: yuan, at most six decimals'),
  amount: numeric('det_item_fee_sumamt: yuan'),
  own_pay: numeric('fulamt_ownpay_amt: yuan wholly out of pocket'),
  self_pay: numeric('preselfpay_amt: yuan of co-pay before the fund'),
  service_time: text(32, 'fee_ocur_time: date, with time where known'),
  order_start: text(32, 'drord_begntime'),
  order_stop: text(32, 'drord_endtime'),
  prescription: text(64, 'rxno / drord_no: lines of one prescription share it'),
  group: text(64, 'grpno: one infusion'),
  dose: text(200, 'sin_dos_dscr: a single dose, as written'),
  frequency: text(200, 'used_frqu_dscr'),
  days_of_supply: numeric('prd_days: days'),
  department: text(50, 'bilg_dept_codg'),
  doctor: text(50, 'bilg_dr_codg'),
  is_take_home: flag('dscg_tkdrug_flag: medicine to take home.'),
  herb_use: dictionary(8, 'tcmdrug_used_way: 1 compound, 2 single'),
  batch: text(64, 'Batch number of the drug'),
  trace_codes: node(Type.Array(Type.String({ maxLength: 64 }), {
    description: 'drug_trac_codg: one per pack sold',
  })),
  is_split_pack: flag('rx_flag 拆零: sold out of an opened pack.'),
})

export const PaymentWire = Type.Object({
  total: numeric('medfee_sumamt: yuan'),
  in_scope: numeric('inscp_scp_amt: yuan'),
  deductible: numeric('act_pay_dedc: yuan'),
  fund: numeric('fund_pay_sumamt: yuan'),
  account: numeric('acct_pay: yuan'),
  cash: numeric('psn_cash_pay: yuan'),
  aid: numeric('maf_pay: yuan'),
  benefit_type: dictionary(16, 'Kind of benefit, e.g. chronic-disease'),
  special_disease: text(30, 'dise_codg: code of the registered special disease'),
})

export const SettlementWire = Type.Object({
  settlement_id: identifier('setl_id: with the institution, the identity of a settlement'),
  settled_at: text(40, 'setl_time; the event’s own time when absent'),
  patient: node(PatientWire),
  visit: node(VisitWire),
  items: node(Type.Array(ItemWire, { description: 'feedetail: the charged lines (明细)' })),
  payment: node(PaymentWire),
  is_cross_region: flag('out_setl_flag: settled away from home.'),
  charge_batch: text(64, 'chrg_bchno, where a settlement told before (is_provisional) gives way to this '
    + 'one: with the institution and the visit. May be empty; absent: none gives way'),
  is_provisional: flag('Told by 3102 while settling; a later settlement of the same charge batch counts.'),
  previous_settlement: text(64, 'init_setl_id: the settlement this one replaces, for information'),
}, { description: 'A settlement (结算)' })

export const ReversalWire = Type.Object({
  settlement_id: identifier('setl_id of the refund itself'),
  reverses: identifier('The settlement that is taken back'),
  institution: institution('fixmedins_code: of both settlements'),
  patient: PatientWire,
  settled_at: text(40, 'setl_time of the refund'),
  lines: node(Type.Array(Type.Object({
    item: Type.String({ minLength: 1, maxLength: 64, description: 'init_feedetl_sn' }),
    quantity: numeric('Units taken back, positive'),
  }), { description: 'Absent or empty: the whole settlement' })),
}, { description: 'A reversal or refund (冲正/退费)' })

export const StayWire = Type.Object({
  patient: PatientWire,
  visit_id: identifier('mdtrt_id'),
  institution: institution('fixmedins_code'),
  at: Type.String({ maxLength: 40, description: 'adm_time or dscg_time' }),
}, { description: 'An admission or a discharge, told before the stay is settled' })

export const PresenceWire = Type.Object({
  patient: PatientWire,
  visit_id: text(64, 'mdtrt_id'),
  institution: institution('fixmedins_code'),
  at: Type.String({ maxLength: 40, description: 'Moment of the check-in' }),
  place: text(16, 'ward or counter'),
  means: text(16, 'face or card'),
}, { description: 'A check-in at a ward or a counter (就医场景监控)' })

export const StockWire = Type.Object({
  institution: institution('fixmedins_code'),
  code: Type.String({ minLength: 1, maxLength: 50, description: 'med_list_codg' }),
  id: text(64, 'Number of the movement: two that agree in everything and it are one'),
  movement: Type.Union(
    (['purchase', 'sale', 'return', 'loss', 'count'] as const).map((word) => Type.Literal(word)),
    { description: 'What moved; count is a stock-taking, return goes back to the supplier' }),
  quantity: numeric('Units, as they are charged; the sign says nothing'),
  at: Type.String({ maxLength: 40, description: 'inv_chg_time' }),
  trace_codes: node(Type.Array(Type.String({ maxLength: 64 }))),
}, { description: 'A movement of stock (进销存)' })

export const RegistryWire = Type.Object({
  subject: Type.Union((['institution', 'doctor', 'benefit'] as const).map((v) => Type.Literal(v)), {
    description: 'Whose state changed',
  }),
  key: identifier('Key of the institution, doctor or insured person'),
  state: Type.Record(Type.String({ maxLength: 64 }), Type.Unknown(), {
    description: 'The state from then on; doctor: rights [antibiotic-unrestricted, …]; benefit: '
      + 'special_diseases, the registered ones (dise_codg)',
  }),
  at: Type.String({ maxLength: 40, description: 'From when' }),
}, { description: 'A registry entry changed (机构、医师、待遇备案)' })

export const FeedbackWire = Type.Object({
  warning_id: Type.String({
    minLength: 1, maxLength: 200, pattern: '^[\\x21-\\x7e]+$', description: 'warn_rslt_id',
  }),
  decision: Type.Union([Type.Literal('continue'), Type.Literal('change')], {
    description: 'dspo_way: 1 continue, 2 change',
  }),
  reason: text(500, 'dspo_way_rea; required when continuing, unless a code says it'),
  reason_code: Type.Optional(Type.Union(reasonCodes.map((code) => Type.Literal(code)), {
    description: 'The reason as one of a closed set; in-words: the words tell it, unsaid: nobody did',
  })),
  rule: Type.Optional(Type.String({
    maxLength: 64, description: 'Rule of the finding; where the warning has several: which one is meant',
  })),
  at: Type.String({ maxLength: 40, description: 'When it was decided' }),
}, { description: 'What the user did with a warning (反馈)' })

const answers = Type.Object({
  answered: Type.Integer({ minimum: 0 }), overridden: Type.Integer({ minimum: 0 }),
}, { description: 'Findings with an answer, and those with which the user went on' })

export const DemotionWire = Type.Object({
  rule: Type.String({ pattern: '^[A-Z0-9-]{3,40}$', description: 'Rule that goes back to trial' }),
  at: Type.String({ maxLength: 40, description: 'When' }),
  recent: Type.Optional(answers),
  earlier: Type.Optional(answers),
}, { description: 'A rule went back to trial: users go on all the same far more often than before' })

/** `data` by event type. */
export const dataWire = {
  settlement: SettlementWire,
  reversal: ReversalWire,
  admission: StayWire,
  discharge: StayWire,
  presence: PresenceWire,
  stock: StockWire,
  registry: RegistryWire,
  feedback: FeedbackWire,
  asked: AskedWire,
  demotion: DemotionWire,
} as const

export type EventType = keyof typeof dataWire

/** The envelope, without `data`. `type` may carry a prefix ending in a dot (cn.nhsa.settlement). */
export const EnvelopeWire = Type.Object({
  specversion: Type.Literal('1.0', { description: 'CloudEvents version' }),
  id: Type.String({ minLength: 1, maxLength: 128, description: 'Names this sending of the event' }),
  source: Type.String({ minLength: 1, maxLength: 256, description: 'Who sends: a URI reference' }),
  type: Type.String({ minLength: 1, maxLength: 64, description: 'settlement, reversal, …' }),
  time: Type.String({ minLength: 10, maxLength: 40, description: 'When it happened, RFC 3339' }),
  datacontenttype: Type.Optional(Type.String({ maxLength: 64 })),
  data: Type.Unknown({ description: 'By type' }),
}, { description: 'CloudEvents 1.0, structured mode' })

export type SettlementWire = Static<typeof SettlementWire>
export type ReversalWire = Static<typeof ReversalWire>
export type StayWire = Static<typeof StayWire>
export type ItemWire = Static<typeof ItemWire>
export type VisitWire = Static<typeof VisitWire>
export type PatientWire = Static<typeof PatientWire>
export type PaymentWire = Static<typeof PaymentWire>
export type DiagnosisWire = Static<typeof DiagnosisWire>
export type ProcedureWire = Static<typeof ProcedureWire>
export type EnvelopeWire = Static<typeof EnvelopeWire>
