// Articles that a national list limits, and the numbers of the limits, typed from the published lists
// (batches 1 to 8, 10, 11). Scenes bill them wrongly on purpose, and just rightly beside it. Prices are
// ours. This is the demo's own knowledge: it never reads the rules.
import { drug, herb, service } from './catalogue.js'
import type { DiagnosisRow } from './catalogue-others.js'

const yuan = 10_000

export const menDrug = drug('XL02BBA326A001010102180', '阿帕他胺片', 92 * yuan)
export const womenDrug = drug('ZD03AAA0043010100166', '艾附暖宫丸', 26 * yuan)
export const menService = service('002101030280000', '阴茎海绵体造影', 210 * yuan, '03')
export const womenService = service('002101030300000', '子宫造影', 190 * yuan, '03')
export const menDiagnosis: DiagnosisRow = ['A51.001', '阴茎下疳']
export const womenDiagnosis: DiagnosisRow = ['A56.002', '衣原体性宫颈炎']
export const menProcedure: DiagnosisRow = ['38.5702', '阴茎静脉曲张结扎术']
export const womenProcedure: DiagnosisRow = ['66.0200', '输卵管造口术']

/** Of the first ninety days of life alone. */
export const newbornDiagnosis: DiagnosisRow = ['P59.900', '新生儿黄疸']
export const newbornDiagnosisDays = 90

/** Children: under 18. Newborns: up to 28 days after birth. */
export const adultYears = 18
export const newbornDays = 28
export const childrensDrug = drug('ZA04CAE0023010100166', '儿童清肺口服液', 28 * yuan)
export const childrensPaidDrug = drug('XN05CCS273S003010101587', '水合氯醛灌肠剂', 42 * yuan)
export const childrensService = service('001302000010000', '儿童龋齿预防保健', 35 * yuan)
export const newbornDrug = drug('XR07AAZ038B002010178331', '猪肺磷脂注射液', 3_380 * yuan)
/** From 16 to 60 years: of working age. */
export const workService = service('003402000320000', '职业功能训练', 45 * yuan)
export const workYearsMax = 60
export const newbornService = service('003112020110000', '新生儿经皮胆红素测定', 15 * yuan, '04')

export const workInjuryDrug = drug('ZH01AAB0066010100716', '疤痕止痒软化膏', 58 * yuan)
export const maternityDrug = drug('XG02ADK026B002010100568', '卡前列素氨丁三醇注射液', 265 * yuan)
export const inpatientDrug = drug('XB05BAF150B002010100269', '复方氨基酸注射液(18AA)', 31 * yuan)
export const emergencyDrug = drug('ZA07AAA0061010100166', '安宫牛黄丸', 560 * yuan)
export const wardService = service('001102000050000', '住院诊查费', 22 * yuan, '02')
export const narcotic = drug('XN02AAQ033A010010100978', '盐酸羟考酮缓释片', 21 * yuan)
export const levelTwoDrug = drug('ZA04BAQ0397010100223', '清开灵注射液', 9 * yuan)

export const neverPaidHerb = herb('T001700233', '阿胶', 21_000)
export const compoundOnlyHerbs = [
  herb('T000700200', '丁香', 1_300), herb('T000800179', '刀豆', 900),
]

/** One a day. */
export const dailyCare = service('001201000030000', 'Ⅰ级护理', 28 * yuan, '07')
/** Charged by the hour: one an hour, twenty-four a day. */
export const hourlyMonitoring = service('003107010220000', '心电监测', 4 * yuan)
export const hoursADay = 24
/** Once in fifteen days. */
export const slowTest = service('002503020030000', '糖化血红蛋白测定', 65 * yuan, '04')
export const slowTestDays = 15
/** Fourteen days with the drug. */
export const courseDrug = drug('XN07XXB093B002010100075', '吡拉西坦注射液', 18 * yuan)
export const courseDrugDays = 14
/** Twenty days from the first use. */
export const spanDrug = drug('XN07XXD130E002010102774', '丁苯酞软胶囊', 12 * yuan)
export const spanDrugDays = 20
/** Thirty days with the training. */
export const courseService = service('003402000220000', '轮椅功能训练', 22 * yuan)
export const courseServiceDays = 30

/** Pairs of which the first includes the second. */
export const dayPair = [
  service('001103000010000', '急诊监护费', 60 * yuan),
  service('001102000030000', '急诊诊查费', 20 * yuan, '02'),
] as const
export const visitPair = [
  service('003310020060000', '胃癌扩大根治术', 3_900 * yuan, '06'),
  service('003310020030001', '近端胃大部切除术(经腹腔镜加收)', 620 * yuan, '06'),
] as const
export const sixHoursPair = [
  service('003314000020000', '单胎顺产接生', 420 * yuan, '06'),
  service('003112010260000', '胎心监测', 12 * yuan),
] as const
export const hourPair = [
  service('003107020020000', '持续有创性血压监测', 6 * yuan),
  service('003107010220000', '心电监测', 4 * yuan),
] as const

/** Two operations of the stomach and bowel group. */
export const sameIncision = [
  service('003310010160000', '食管胃吻合口狭窄切开成形术', 2_480 * yuan, '06'),
  service('003310010210000', '贲门痉挛(失弛缓症)肌层切开术', 2_160 * yuan, '06'),
] as const

// Limits of regional practice, of which no national list speaks.
export const splitStayDays = 15
export const drugKindsMax = 5
/** Days of supply: an ordinary prescription, an emergency one, one for a registered lasting disease. */
export const supplyDaysMax = { ordinary: 7, emergency: 3, lasting: 84 }
export const visits = { most: 15, days: 30 }
export const purchases = { most: 10, days: 30 }
export const admissions = { most: 4, days: 90 }

/** A service with a highest price in this region. */
export const ceilingService = {
  code: '001102000010000', name: '普通门诊诊查费', ceiling: 18 * yuan, level: 3,
} as const

/** Not for patients younger than so many years. */
export const adultsDrug = {
  article: drug('XR05DAK058A001020100228', '磷酸可待因片', 14 * yuan), fromYears: 12,
}
