import type { AddressInfo } from 'node:net'
import { fastify } from 'fastify'
import { errorCode } from '../base/error-code.ts'
import { Fault } from '../base/fault.ts'
import type { Figures } from '../base/metrics-figures.ts'
import { METRICS_CONTENT_TYPE, metricsText } from '../base/metrics-text.ts'

/** Nobody who asks needs longer to say so. */
const ASKED_WITHIN_MS = 5_000

export type MetricsListener = {
  /** `http://127.0.0.1:9090/metrics`. */
  readonly url: string
  close(): Promise<void>
}

/**
 * Figures since the start for whoever asks `GET /metrics`, on a port of its own, so that whatever exposes the door (a
 * gateway, a load balancer) never exposes them. `port` 0 takes a free one. Throws `config.invalid` for an address or a
 * port that the system does not give.
 */
export const listenForMetrics = async (
  figures: Figures,
  { host, port }: { readonly host: string; readonly port: number },
): Promise<MetricsListener> => {
  const app = fastify({
    logger: false,
    requestTimeout: ASKED_WITHIN_MS,
    forceCloseConnections: true,
    exposeHeadRoutes: false,
  })
  // before a body is read: whatever it is, nobody wants it
  app.addHook('onRequest', (request, reply, done) => {
    if (request.method === 'GET') done()
    else reply.code(405).header('allow', 'GET').send()
  })
  app.get('/metrics', (_request, reply) =>
    reply
      .headers({ 'content-type': METRICS_CONTENT_TYPE, 'cache-control': 'no-store' })
      .send(metricsText(figures.totals())),
  )
  app.setNotFoundHandler((_request, reply) => reply.code(404).send())
  try {
    await app.listen({ host, port })
  } catch (thrown) {
    throw listenFault(thrown, port)
  }
  const { address, family, port: taken } = app.server.address() as AddressInfo
  const name = family === 'IPv6' ? `[${address}]` : address
  return { url: `http://${name}:${taken}/metrics`, close: () => app.close() }
}

const listenFault = (thrown: unknown, port: number): Fault => {
  const error = errorCode(thrown)
  const detail =
    error === 'EADDRINUSE'
      ? `Port ${port} is in use: set METRICS_PORT to another.`
      : `METRICS_HOST and METRICS_PORT are not an address to listen on (${error}).`
  return new Fault('config.invalid', { port, error }, { detail, cause: thrown })
}
