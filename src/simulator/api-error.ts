/**
 * A refusal in Benchling's own shape (benchling-platform.md §4.1): `{ error: { type, message, userMessage, … } }`.
 * The store and the canvas rules throw it too, so that a refused click on the page reads like the API's answer.
 */
export class ApiError extends Error {
  readonly status: number
  readonly type: string
  readonly more: Readonly<Record<string, unknown>>

  constructor(status: number, type: string, message: string, more: Readonly<Record<string, unknown>> = {}) {
    super(message)
    this.name = 'ApiError'
    this.status = status
    this.type = type
    this.more = more
  }

  get body(): { error: Record<string, unknown> } {
    return {
      error: { message: this.message, type: this.type, userMessage: this.message, ...this.more },
    }
  }
}

export const badRequest = (message: string): ApiError => new ApiError(400, 'invalid_request_error', message)

export const notFound = (what: string, id: string): ApiError =>
  new ApiError(404, 'invalid_request_error', `${what} ${id} does not exist or the app may not see it.`, {
    invalidId: id,
  })
