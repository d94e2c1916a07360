// Consumables, herbal pieces and diagnoses of ordinary care. Consumables carry the first fifteen places
// of their national code, with a maker's number of ours. Pieces outside the national lists have codes
// of ours in the national shape. Prices are ours, in ten-thousandths of a yuan.

export type ConsumableRow = readonly [code: string, name: string, price: number]

export const consumableRows: readonly ConsumableRow[] = [
  ['C1423012020000100001', '输液器', 18_000],
  ['C1423022030100000001', '真空采血管', 9_000],
  ['C1412020350000000001', '引流袋', 65_000],
  ['C1412011910000000001', '集尿袋', 58_000],
  ['C1417061960100100001', '成人导尿管', 220_000],
  ['C1408041850000100001', '可吸收性非特殊理化缝线', 480_000],
  ['C1408021840000100001', '不可吸收性非特殊理化缝线', 260_000],
  ['C1408061870000100001', '皮肤缝合器', 1_380_000],
  ['C1407011830000000001', '电极贴片', 32_000],
  ['C1423122080000000001', '肝素帽', 24_000],
  ['C1423112070000100001', '输液接头', 96_000],
  ['C1423130390100100001', '预充式导管冲洗器', 79_000],
  ['C1409011880000000001', '外固定材料', 650_000],
  ['C1409020000000000001', '其他护创材料', 145_000],
  ['C1417010350100100001', '胸腔引流管', 580_000],
  ['C1417030350100100001', '腹腔引流管', 460_000],
  ['C1501052120100100001', '海绵', 860_000],
  ['C1501012120100100001', '止血纱布', 1_120_000],
  ['C1502022130100100001', '非编织膜', 7_800_000],
  ['C1410011890000000001', '麻醉包', 540_000],
  ['C1401019990100100001', '一次性使用引流装置', 1_260_000],
  ['C1101031730100100001', '腔镜切割吻/缝合器钉仓（钉匣）', 14_800_000],
  ['C1411011900000100001', '药液转移器', 41_000],
  ['C1423080100000000001', '微量泵前管', 88_000],
  ['C1408051860000000001', '医用胶', 950_000],
  ['C1424010350000100001', '消化道插管', 170_000],
  ['C1425062100000000001', '湿热交换器/过滤器', 290_000],
  ['C1425050200000100001', '气管切开套管', 2_400_000],
  ['C1302011790000100001', '针具', 6_000],
  ['C1406020050100100001', '高频切割闭合刀头', 1_680_000],
]

export type HerbRow = readonly [code: string, name: string, price: number]

/** Pieces that the fund pays in a compound prescription only; one price a gram. */
export const listedHerbRows: readonly HerbRow[] = [
  ['T001700368', '黄芪', 850],
  ['T000600266', '茯苓', 620],
  ['T001700173', '当归', 1_280],
  ['T000800112', '陈皮', 540],
  ['T001700667', '山药', 710],
  ['T000600852', '薏苡仁', 390],
  ['T001700294', '枸杞子', 980],
  ['T000100467', '菊花', 1_150],
]

/** Pieces in no list. */
export const herbRows: readonly HerbRow[] = [
  ['T001700901', '甘草片', 480],
  ['T000100902', '柴胡', 1_360],
  ['T000200903', '黄芩片', 730],
  ['T001300904', '法半夏', 2_150],
  ['T001700905', '白术', 1_090],
  ['T001200906', '川芎', 680],
  ['T001700907', '白芍', 760],
  ['T001700908', '熟地黄', 590],
  ['T001200909', '丹参', 640],
  ['T001700910', '麦冬', 1_420],
]

export type DiagnosisRow = readonly [code: string, name: string]

/** Reasons for an outpatient visit; none is bound to a sex or an age. */
export const acuteDiagnoses: readonly DiagnosisRow[] = [
  ['J06.900', '急性上呼吸道感染'],
  ['J20.900', '急性支气管炎'],
  ['J03.900', '急性扁桃体炎'],
  ['J00.x00', '急性鼻咽炎［感冒］'],
  ['J30.400', '变应性鼻炎'],
  ['K29.700', '胃炎'],
  ['K29.500', '慢性胃炎'],
  ['K21.900', '胃-食管反流性疾病不伴有食管炎'],
  ['K59.000', '便秘'],
  ['A09.001', '感染性胃肠炎'],
  ['M54.500', '下背痛'],
  ['M25.500', '关节痛'],
  ['S93.400', '踝扭伤和劳损'],
  ['H10.900', '结膜炎'],
  ['L30.900', '皮炎'],
  ['L23.900', '变应性接触性皮炎'],
  ['R51.x00', '头痛'],
  ['R42.x00', '头晕和眩晕'],
  ['N39.000', '泌尿道感染'],
  ['G47.000', '初发性或维持性睡眠障碍［失眠症］'],
]

/** Diseases that last; each with the use of its drugs. */
export const chronicDiagnoses = {
  hypertension: ['I10.x00x002', '高血压'],
  diabetes: ['E11.900', '2型糖尿病'],
  lipid: ['E78.500', '高脂血症'],
  heart: ['I25.103', '冠状动脉粥样硬化性心脏病'],
  renal: ['N18.900', '慢性肾脏病，未特指'],
  neuro: ['G20.x00', '帕金森病'],
  respiratory: ['J45.900', '哮喘'],
} as const satisfies Record<string, DiagnosisRow>

export type ChronicDisease = keyof typeof chronicDiagnoses

/** Reasons for a stay without an operation. */
export const stayDiagnoses: readonly DiagnosisRow[] = [
  ['J18.900', '肺炎'],
  ['J44.100', '慢性阻塞性肺病伴有急性加重'],
  ['I63.900', '脑梗死'],
  ['I50.900', '心力衰竭'],
  ['M51.202', '腰椎间盘突出'],
  ['D50.900', '缺铁性贫血'],
  ['I48.900', '心房颤动和心房扑动，未特指'],
]

export interface Operation {
  readonly diagnosis: DiagnosisRow
  readonly procedure: DiagnosisRow
  readonly service: string
}

export const operations: readonly Operation[] = [
  {
    diagnosis: ['K35.800', '急性阑尾炎，其他未特指'],
    procedure: ['47.0900', '其他阑尾切除术'],
    service: '003310030220000',
  },
  {
    diagnosis: ['K80.200', '胆囊结石不伴有胆囊炎'],
    procedure: ['51.2200', '胆囊切除术'],
    service: '003310060020000',
  },
  {
    diagnosis: ['K40.900', '单侧或未特指的腹股沟疝，不伴有梗阻或坏疽'],
    procedure: ['53.0001', '单侧腹股沟疝修补术'],
    service: '003310080010000',
  },
  {
    diagnosis: ['H26.900', '白内障'],
    procedure: ['13.4100x001', '白内障超声乳化抽吸术'],
    service: '003304060060000',
  },
  {
    diagnosis: ['M17.900', '膝关节病'],
    procedure: ['81.5400', '全部膝关节置换'],
    service: '003315070060000',
  },
]
