// Why a message of the national interface is not answered with a judgement. Goes to the client as
// infcode -1 with this text, over HTTP 200: HIS clients read JSON only.

/** The standard's bound of err_msg. */
const messageMax = 200

/** Its message is Chinese, for the client's people, and cut at 200 characters. */
export class NhsaRefusal extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message.slice(0, messageMax), options)
    this.name = 'NhsaRefusal'
  }
}
