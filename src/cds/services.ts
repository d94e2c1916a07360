// The two services of CDS Hooks that we offer, as discovery tells them: when we are asked, and what a
// client fetches for us before it asks. Nothing runs here.
import type { Stage } from '../rulebook/rulebook.js'

/** As discovery tells it. */
export interface CdsDescription {
  readonly id: 'order-sign' | 'encounter-discharge'
  readonly hook: string
  readonly title: string
  readonly description: string
  readonly usageRequirements: string
  readonly prefetch: Readonly<Record<string, string>>
}

export interface CdsService {
  readonly told: CdsDescription
  /** Without these nothing could be judged. */
  readonly needs: readonly string[]
  readonly stage: Stage
}

const usageRequirements = 'FHIR R4. All data come by prefetch: no FHIR server is asked. '
  + 'National codes, prices and numbers stand where src/cds/settings.ts says.'
const prefetch = {
  patient: 'Patient/{{context.patientId}}',
  encounter: 'Encounter/{{context.encounterId}}',
  conditions: 'Condition?encounter={{context.encounterId}}',
  procedures: 'Procedure?encounter={{context.encounterId}}',
  coverage: 'Coverage?beneficiary={{context.patientId}}&status=active',
  chargeItems: 'ChargeItem?context={{context.encounterId}}',
}

export const cdsServices: readonly CdsService[] = [
  {
    told: {
      id: 'order-sign',
      hook: 'order-sign',
      title: '医保基金哨兵：开单提醒',
      description: '医嘱签署前，按国家医保智能监管规则检查待签的药品、项目和耗材',
      usageRequirements,
      prefetch,
    },
    needs: ['patient', 'encounter', 'conditions'],
    stage: 'pre-alert',
  },
  {
    told: {
      id: 'encounter-discharge',
      hook: 'encounter-discharge',
      title: '医保基金哨兵：出院前审核',
      description: '出院结算前，按国家医保智能监管规则检查本次住院的全部费用明细',
      usageRequirements,
      prefetch,
    },
    needs: ['patient', 'encounter', 'conditions', 'chargeItems'],
    stage: 'audit',
  },
]
