// The fields of 3101 and 3102 by the names that HIS systems give them: the standard's, camelCase, and
// the settlement interface's. One place, so that a new dialect is a word here.
import { names } from './node.js'

const chargeBatch = names('chrg_bchno')

export const auditField = {
  data: names('data'),
  taskId: names('task_id'),
  scene: names('trig_scen'),
  ruleIds: names('rule_ids'),
  patients: names('patient_dtos', 'fsi_patient_dtos'),
} as const

export const patientField = {
  id: names('patn_id', 'psn_no'),
  sex: names('gend'),
  birthDate: names('brdy'),
  region: names('poolarea', 'insuplc_admdvs'),
  currentVisit: names('curr_mdtrt_id'),
  visits: names('fsi_encounter_dtos', 'encounter_dtos'),
} as const

export const visitField = {
  id: names('mdtrt_id'),
  institution: names('medins_id', 'medins_code', 'fixmedins_code'),
  institutionRegion: names('medins_admdvs'),
  institutionType: names('medins_type'),
  institutionLevel: names('medins_lv', 'hosp_lv'),
  ward: names('wardarea_codg'),
  bed: names('bedno', 'adm_bed'),
  start: names('adm_date', 'begntime'),
  end: names('dscg_date', 'endtime'),
  mainDiagnosis: names('dscg_main_dise_codg', 'dscg_maindiag_code'),
  mainDiagnosisName: names('dscg_main_dise_name', 'dscg_maindiag_name'),
  doctor: names('dr_codg', 'atddr_no'),
  department: names('adm_dept_codg', 'dscg_dept_codg'),
  departmentName: names('adm_dept_name', 'dscg_dept_name'),
  kind: names('med_mdtrt_type'),
  type: names('med_type'),
  maternity: names('matn_stas'),
  total: names('medfee_sumamt'),
  account: names('acct_payamt'),
  aid: names('ma_amt'),
  fund: names('hifp_payamt'),
  insuranceType: names('insutype'),
  outSettled: names('out_setl_flag'),
  specialDisease: names('dise_codg'),
  chargeBatch,
  diagnoses: names('fsi_diagnose_dtos', 'diagnose_dtos'),
  orders: names('fsi_order_dtos', 'order_dtos'),
  procedures: names('fsi_operation_dtos', 'operation_dtos'),
} as const

export const diagnosisField = {
  code: names('dise_codg', 'diag_code'),
  name: names('dise_name', 'diag_name'),
  isMain: names('maindise_flag', 'maindiag_flag'),
  order: names('dias_srt_no', 'diag_srt_no'),
  inOut: names('inout_dise_type', 'inout_diag_type'),
  kind: names('diag_type'),
} as const

export const procedureField = {
  code: names('oprn_code', 'oprn_oprt_code'),
  name: names('oprn_name', 'oprn_oprt_name'),
  isMain: names('main_oprn_flag'),
  date: names('oprn_date', 'oprn_oprt_date'),
  anaesthesia: names('anst_way'),
  surgeon: names('oper_dr_code'),
  anaesthetist: names('anst_dr_code'),
} as const

export const lineField = {
  id: names('rx_id', 'feedetl_sn'),
  prescription: names('rxno', 'rx_drord_no', 'drord_no'),
  group: names('grpno'),
  category: names('hilist_type', 'list_type'),
  feeClass: names('chrg_type', 'med_chrgitm_type'),
  behaviour: names('drord_bhvr'),
  takeHome: names('dscg_tkdrug_flag'),
  code: names('hilist_code', 'med_list_codg'),
  name: names('hilist_name', 'hosplist_name', 'med_list_name', 'medins_list_name'),
  localCode: names('hosplist_code', 'medins_list_codg'),
  quantity: names('cnt'),
  unitPrice: names('pric'),
  amount: names('sumamt', 'det_item_fee_sumamt'),
  ownPay: names('ownpay_amt', 'fulamt_ownpay_amt'),
  selfPay: names('selfpay_amt', 'preselfpay_amt'),
  serviceTime: names('fee_ocur_time', 'drord_begn_date', 'drord_begntime'),
  start: names('drord_begn_date', 'drord_begntime'),
  stop: names('drord_stop_date', 'drord_endtime'),
  department: names('drord_dept_codg', 'bilg_dept_codg'),
  doctor: names('drord_dr_codg', 'bilg_dr_codg'),
  title: names('drord_dr_profttl'),
  isCurrent: names('curr_drord_flag'),
  dose: names('sin_dos_dscr'),
  frequency: names('used_frqu_dscr'),
  daysOfSupply: names('prd_days'),
  traceCode: names('drug_trac_codg'),
  chargeBatch,
} as const
