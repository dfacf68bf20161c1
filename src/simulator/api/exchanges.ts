import type { FastifyInstance } from 'fastify'

/** One request of the app and its answer, as both went over the wire: to hold against Benchling's own description. */
export type Exchange = {
  readonly method: string
  /** Below `/api/v2`, without the query. */
  readonly path: string
  readonly query: Readonly<Record<string, string>>
  /** Parsed; a form as an object. Undefined also where the request was refused before its body was read. */
  readonly body: unknown
  readonly status: number
  /** Media type of the answer, without parameters. */
  readonly type: string
  /** Parsed when it is JSON, else its text. */
  readonly answer: unknown
}

/** Tells `seen` of every exchange that got an answer. */
export const observeExchanges = (app: FastifyInstance, seen: (exchange: Exchange) => void): void => {
  app.addHook('onSend', async (request, reply, payload) => {
    const url = new URL(request.url, 'http://tenant')
    const type = String(reply.getHeader('content-type') ?? '').split(';')[0]!
    const text = typeof payload === 'string' ? payload : ''
    seen({
      method: request.method,
      path: url.pathname.replace(/^\/api\/v2/, ''),
      query: Object.fromEntries(url.searchParams),
      body: request.body instanceof URLSearchParams ? Object.fromEntries(request.body) : request.body,
      status: reply.statusCode,
      type,
      answer: type === 'application/json' ? JSON.parse(text) : text,
    })
    return payload
  })
}
