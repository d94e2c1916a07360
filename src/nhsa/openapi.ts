// The envelope of the national interface as the OpenAPI document shows it. For readers only: what a client
// sends is read by envelope.ts and audit-request.ts, which take far more than this.
import { Type } from '@sinclair/typebox'

const text = (description: string) => Type.Optional(Type.String({ description }))
const header = text

const Input = Type.Unknown({
  description: '交易输入：data（trig_scen、rule_ids、task_id、patient_dtos）；3103 为 data（warn_type、warns）。'
    + '也可以是 JSON 文本，或 SM4 密文',
})

const Detail = Type.Object({
  jrd_id: Type.String(), patn_id: Type.String(), mdtrt_id: Type.String(), rx_id: Type.String(),
  vola_item_type: Type.String({ description: '1 违规项，2 涉及项' }), vola_amt: Type.Number(),
})
const share = (description: string) => Type.Union([Type.Number(), Type.Null()], { description })

const Result = Type.Object({
  jr_id: Type.String({ description: '违规标识；3103 的 warn_rslt_id' }),
  rule_id: Type.String(), rule_name: Type.String(), vola_cont: Type.String(),
  patn_id: Type.String(), mdtrt_id: Type.String(),
  judge_result_detail_dtos: Type.Array(Detail),
  vola_amt: Type.Number({ description: '元' }),
  vola_amt_stas: Type.String({ description: '1 已计算，0 未计算' }),
  sev_deg: Type.String(), vola_evid: Type.String(), vola_bhvr_type: Type.String(), task_id: Type.String(),
  national_rule_code: Type.String(), sev_deg_name: Type.String(), advice: Type.String(),
  remedy: Type.String({ description: '怎样改即可，已验证；没有找到的为空' }),
  fund_amt: share('元，基金部分；单据没有说明的为 null'), patient_amt: share('元，个人部分'),
})

const amounts = Type.Object({ total: Type.Number(), fund: share('基金'), patient: share('个人') })

const Output = Type.Object({
  result: Type.Optional(Type.Union([Type.Array(Result), Result, Type.Null()], {
    description: '疑点；按机构的 dialect 也可以是第一条，没有时为 null',
  })),
  complete: Type.Optional(Type.Boolean({ description: 'false：没有审核，或没有审核完' })),
  not_reached: Type.Optional(Type.Array(Type.String(), { description: '没有判断的规则：时限已到，或历史不完整' })),
  at_risk: Type.Optional(amounts),
  held_back: Type.Optional(Type.Integer({ description: '近期已显示过而不再显示的疑点数' })),
  history_age_ms: Type.Optional(Type.Integer({
    description: '消息流不可用或尚未读完时：所依据的历史有多旧（毫秒），complete 为 false；否则不返回',
  })),
  earlier_left_out: Type.Optional(Type.Integer({
    description: '无法读取而未计入的其他就诊数；没有时不返回。需要历史的规则在 not_reached，complete 为 false',
  })),
  earlier_mistakes: Type.Optional(Type.Array(Type.String(), { description: '上述就诊错在哪里（至多 10 条）' })),
  recorded: Type.Optional(Type.Boolean({
    description: '3102 结算场景：是否已记为结算（settlement_from）；false：已保留，会自动补记',
  })),
  accepted: Type.Optional(Type.Integer({ description: '3103：已记下的条数' })),
  refused: Type.Optional(Type.Array(Type.Object({
    warn_rslt_id: Type.String(), err_msg: Type.String(),
  }), { description: '3103：没有记下的，逐条说明' })),
})

export const nhsaParams = Type.Object({ infno: Type.String({ description: '与报文的 infno 相同' }) })

export const nhsaSchema = {
  summary: 'The national interface: 3101, 3102 (3660, 3661) and 3103',
  description: '《定点医药机构接口规范》的报文。回答总是 HTTP 200 的 JSON；字段写法宽松，见 README“医院怎样接入”。'
    + '有 NHSA_TENANTS_FILE 时以 x-tif-* 签名，没有时以 API 密钥。',
  headers: Type.Object({
    'x-tif-paasid': header('账号'),
    'x-tif-timestamp': header('秒，与本机相差不超过 180 秒'),
    'x-tif-nonce': header('随机数，只能用一次'),
    'x-tif-signature': header('SHA-256(时间戳 + 密钥 + 随机数 + 时间戳) 的十六进制'),
    'x-deadline-ms': header('本次可以等待的毫秒数；默认为该机构的 deadline_ms，300'),
  }),
  body: Type.Object({
    infno: Type.String({ description: '3101、3102、3103；3660、3661' }),
    msgid: text('发送方报文ID：180 秒内重复的得到同一回答'),
    fixmedins_code: text('定点医药机构编号'),
    inf_time: text('交易时间'),
    input: Input,
  }, { description: '其余报文头字段照旧，不影响审核' }),
  response: {
    200: Type.Object({
      infcode: Type.Union([Type.Integer(), Type.String()], { description: '0 成功，-1 失败；按机构可为文本' }),
      inf_refmsgid: Type.String(), refmsg_time: Type.String(), respond_time: Type.String(),
      err_msg: Type.String({ description: '成功时为空；至多 200 字' }),
      enctype: text('SM4：output 已加密'), signtype: text('SM2：cainfo 是本系统的签名'), cainfo: text('数字签名'),
      output: Type.Union([Output, Type.String()]),
    }, { description: '交易回答' }),
  },
}
