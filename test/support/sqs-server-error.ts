/** An answer SQS gives as error JSON. `code` is SQS's own, as SDKs read it. */
export class SqsError extends Error {
  readonly status: number
  readonly code: string

  constructor(code: string, message: string = code, status = 400) {
    super(message)
    this.status = status
    this.code = code
  }
}
