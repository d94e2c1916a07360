// What coverage, clinical sense and the making of a bill limit, typed from the public price standard,
// the consumable classes, drug labels and the pharmacopoeia. Scenes bill these wrongly on purpose, and
// just rightly beside it. Prices are ours. The demo never reads the rules.
import { consumable, drug, herb, service, servicesFor } from './catalogue.js'
import type { DiagnosisRow } from './catalogue-others.js'

const yuan = 10_000

/** Diagnoses that a limit accepts, or that have nothing to do with it. */
export const stroke: DiagnosisRow = ['I63.900', '脑梗死']
export const diabetes: DiagnosisRow = ['E11.900', '2型糖尿病']
export const appendicitis: DiagnosisRow = ['K35.800', '急性阑尾炎，其他未特指']
export const gallstones: DiagnosisRow = ['K80.200', '胆囊结石不伴有胆囊炎']

// Who pays, and for whom.
export const injuryService = service('003402000150000', '职业能力评定', 60 * yuan)
export const abortion = service('003112010530000', '人工流产术', 260 * yuan)
export const palsyTraining = service('003402000410000', '脑瘫肢体综合训练', 55 * yuan)
export const childrensForceps = consumable('C0102260070000200001', '活检钳（带针/有涂层/小儿）', 380 * yuan)
export const heelLancet = consumable('C1603052150000100001', '足跟采血器（早产儿型）', 12 * yuan)
/** Of the rehabilitation department. */
export const occupationalTherapy = service('003402000310000', '作业疗法', 35 * yuan)
export const rehabilitation = 'A21'
/** In hospitals of the third level. */
export const heartLung = service('003308030250000', '体外人工膜肺(ECMO)', 3_200 * yuan, '05')
/** Of the dental department. */
export const dentalAbutment = consumable(
  'C0702021380100100001', '修复基台及配件（螺丝固位/直基台）', 760 * yuan)
export const dental = 'A12'

// How much of it, and beside what.
const [urea, potassium, sodium, chloride, calcium] = [
  '002503070010000', '002503040010000', '002503040020000', '002503040030000', '002503040040000',
].map((code) => servicesFor('lab').find((article) => article.code === code)!)
export const creatinine = servicesFor('lab-chronic').find(({ code }) => code === '002503070020000')!
export const potassiumTest = potassium!
export const glucoseTest = service('002503020010000', '葡萄糖测定', 5 * yuan, '04')
/** Six of the seven parts of the emergency panel; glucose is the last. */
export const panelParts = [urea!, potassium!, sodium!, chloride!, calcium!, creatinine]
export const remoteConsult = service('001110000030000', '远程会诊', 400 * yuan)
export const pacemaker = {
  ...consumable('C0204010580000100001', '单腔起搏器（全身兼容MRI/频率应答）', 20_000 * yuan),
  selfPayPercent: 0,
}
export const triplePacemaker = consumable('C0204030580000100001', '三腔起搏器（全身兼容MRI/双极）', 61_000 * yuan)
export const injection = servicesFor('treatment')[0]!
export const syringe = consumable('C1601011020100300001', '一次性使用注射器（普通型/带针）', 8_000)
export const stent = consumable('C0202010010100000001', '冠脉裸金属支架', 700 * yuan)
export const stenting = service('003205000030000', '冠状动脉支架置入术', 3_100 * yuan)
export const filterFluid = drug('XB05ZBL402B001010104145', '磷/碳酸氢钠血滤置换液', 156 * yuan)
export const filtration = service('003110000110000', '连续性血液净化', 90 * yuan)

// Drugs that go with a disease, a person, another drug.
export const secondLineDrug = drug('XA10BKA338A001010580716', '艾托格列净片', 41_100)
export const refluxDrug = drug('XA02BCW132E001010184595', '戊二酸利那拉生酯胶囊', 91_000)
export const endometriosisDrug = drug('XG03DBD331A001010101389', '地诺孕素片', 96_000)
export const anticoagulant = drug('XB01AFA319A001010104188', '甲苯磺酸艾多沙班片', 89_600)
export const puerarin = drug('XC01EBG072B002010100377', '葛根素注射液', 16 * yuan)
export const puerarinADay = 6
export const guanfacine = drug('XC02ACG198A010020702120', '盐酸胍法辛缓释片', 88_000)
export const elderlyYears = 65
export const fetusDrug = drug('XJ02ACA397E001010284811', '奥特康唑胶囊', 268_000)
export const sameGroupDrugs = [
  drug('XA02BCA348X006010183183', '奥美拉唑碳酸氢钠干混悬剂(Ⅰ)', 74_000),
  drug('XA02BCY338B001010282416', '注射用右兰索拉唑', 460_000),
] as const
export const opposedDrugs = [
  drug('XC02KXL363A001010104021', '利奥西呱片', 99_500),
  drug('XG04BET001A001010100299', '他达拉非片', 245_000),
] as const
export const cephalosporin = drug('XJ01DCZ201B014010199201', '注射用头孢呋辛钠', 118_000)
/** Of the restricted grade. */
export const restrictedAntibiotic = drug('XJ01DDZ202B014010199202', '注射用头孢曲松钠', 96_000)

/** Three grams a day by the pharmacopoeia; twice as much is what practice may give. */
export const notoginseng = herb('T001100659', '三七粉', 6_200)
export const notoginsengADay = 6
export const aconite = herb('T001200911', '黑顺片', 2_900)
export const pinellia = herb('T001300904', '法半夏', 2_150)
export const herbKindsMax = 24
export const pieces = Array.from({ length: 25 }, (_, index) =>
  herb(`T0017009${index + 20}`, `配方饮片${index + 1}号`, 600))

// Services and consumables that go with a disease or a sex.
export const wheelchair = service('003402000220000', '轮椅功能训练', 22 * yuan)
export const clavicle = service('004200000010100', '骨折手法整复术(锁骨骨折整复)', 260 * yuan)
export const glycated = service('002503020030000', '糖化血红蛋白测定', 65 * yuan, '04')
export const vitiligoGraft = service('003114000170000', '白癜风皮肤移植术', 320 * yuan)
export const lungFunction = service('003106010010000', '肺通气功能检查', 70 * yuan, '03')
export const stoneBasket = consumable('C0103080190100100001', '泌尿取石网篮（硬镜用/三爪状）', 1_260 * yuan)
export const contraceptiveRing = consumable('C1401041810000200001', '节育环（无药物释放）', 90 * yuan)
