import type { FastifyInstance } from 'fastify'
import { ApiError } from '../api-error.ts'
import type { TenantContext } from '../context.ts'
import type { FaultName } from '../fault-names.ts'

/** How much longer requests about canvases take while the fault `slow-canvas` is on. */
export const SLOW_CANVAS_MS = 3_000

const SERVER_ERRORS = [500, 502, 503, 504] as const

/** Faults, token and rate limit before every request of the API, and the record of it after. */
export const addGate = (app: FastifyInstance, tenant: TenantContext): void => {
  const struck = new WeakMap<object, FaultName>()
  const started = new WeakMap<object, number>()

  app.addHook('onRequest', async (request, reply) => {
    started.set(request, tenant.clock.now())
    const { faults, rate, random, tokens } = tenant
    if (faults.strikes('dropped-connections')) {
      struck.set(request, 'dropped-connections')
      reply.hijack()
      request.raw.socket.destroy()
      return
    }
    if (faults.strikes('server-errors')) {
      struck.set(request, 'server-errors')
      const status = SERVER_ERRORS[Math.floor(random() * SERVER_ERRORS.length)]!
      // Gateways in front of the API answer in HTML, the API itself in JSON.
      if (status === 502 || status === 504)
        return reply.code(status).type('text/html').send(`<html><body><h1>${status}</h1></body></html>`)
      throw new ApiError(status, 'server_error', 'Something went wrong on our side.')
    }
    if (request.url.startsWith('/api/v2/app-canvases')) {
      if (faults.strikes('slow-canvas')) {
        struck.set(request, 'slow-canvas')
        const gone = new AbortController()
        request.raw.socket.once('close', () => gone.abort())
        await tenant.clock.sleep(SLOW_CANVAS_MS, gone.signal).catch(() => {})
      }
      if (request.method === 'PATCH' && faults.strikes('failing-canvas')) {
        struck.set(request, 'failing-canvas')
        throw new ApiError(503, 'server_error', 'Something went wrong on our side.')
      }
    }
    if (request.url.startsWith('/api/v2/token')) return
    tokens.check(request.headers.authorization)
    const limited = faults.strikes('rate-limited')
    if (limited) struck.set(request, 'rate-limited')
    const { allowed, headers } = limited ? { allowed: false, headers: rate.exhausted() } : rate.take()
    reply.headers(headers)
    if (!allowed) throw new ApiError(429, 'invalid_request_error', 'Rate limit exceeded.')
    if (request.url.startsWith('/api/v2/app-sessions') && faults.strikes('sessions-refused')) {
      struck.set(request, 'sessions-refused')
      throw new ApiError(403, 'invalid_request_error', 'The app may not use sessions.')
    }
  })

  app.addHook('onResponse', async (request, reply) => {
    const now = tenant.clock.now()
    const at = started.get(request) ?? now
    tenant.tell({
      kind: 'request',
      request: {
        at,
        method: request.method,
        path: request.url.split('?')[0]!,
        status: reply.statusCode,
        ms: now - at,
        fault: struck.get(request) ?? null,
      },
    })
  })
}
