import { once } from 'node:events'
import { Readable } from 'node:stream'
import type { FastifyInstance } from 'fastify'
import type { AppParts } from '../app-parts.ts'
import type { TenantContext } from '../context.ts'
import type { PageEvent } from '../page-contract.ts'

/** How much may wait for a slow page before it is cut off; it reconnects and reads the state anew. */
const WAITING_MAX = 1_000

/** Tenant and service events as server-sent events. */
export const addStream = (
  app: FastifyInstance,
  tenant: TenantContext,
  { events, service }: AppParts,
): void => {
  app.get('/stream', (request, reply) => {
    const closed = new AbortController()
    const end = () => closed.abort()
    request.raw.socket.once('close', end)
    reply.header('cache-control', 'no-store').type('text/event-stream')
    return reply.send(Readable.from(lines(closed.signal, end)))
  })

  async function* lines(signal: AbortSignal, end: () => void): AsyncGenerator<string> {
    const waiting: PageEvent[] = [{ kind: 'hello', now: tenant.clock.now() }]
    const bell = new EventTarget()
    const hear = (event: PageEvent) => {
      waiting.push(event)
      if (waiting.length > WAITING_MAX) end()
      bell.dispatchEvent(new Event('ring'))
    }
    events.on('activity', hear)
    const stop = service?.onActivity((activity) => hear({ kind: 'service', activity }))
    try {
      while (!signal.aborted) {
        const now = waiting.splice(0)
        if (now.length > 0) yield now.map((event) => `data: ${JSON.stringify(event)}\n\n`).join('')
        else await once(bell, 'ring', { signal }).catch(() => {})
      }
    } finally {
      events.off('activity', hear)
      stop?.()
    }
  }
}
