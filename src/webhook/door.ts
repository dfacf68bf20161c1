import {
  type FastifyError,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  fastify,
} from 'fastify'
import { Fault } from '../base/fault.ts'
import { VERSION } from '../base/version.ts'
import type { Answer } from './answers.ts'
import { hangUpOnClose } from './hang-up.ts'
import type { Health } from './health.ts'
import {
  BODY_MAX_BYTES,
  HEADERS_WITHIN_MS,
  KEEP_ALIVE_MS,
  REQUEST_WITHIN_MS,
  TIMEOUTS_EVERY_MS,
} from './limits.ts'
import { createReceiver, type ReceiverPorts } from './receiver.ts'
import type { Claim } from './signature.ts'

export type DoorPorts = ReceiverPorts & {
  readonly health: Health
  /** The resolved configuration, masked, for `GET /config`; without it that is no endpoint. */
  readonly configuration?: () => Answer
}

/** With Benchling's suffixed routing, and with the stable one (the bare URL). */
const WEBHOOK_PATHS = ['/', '/event', '/lifecycle', '/canvas']

/** A stage that a gateway may leave in front of the path. */
const STAGE = '/:stage(^[A-Za-z0-9_-]+$)'

/** An operator's probe tells by this header that it reached us, and which version. */
const VERSION_HEADER = 'x-benchling-webhook-version'

/**
 * The door as a Fastify app: raw bodies up to 10 MiB, refusals as JSON before a byte of the body is read where the
 * headers suffice. It writes no log line of its own. `close()` lets requests under way end.
 */
export const createDoor = (ports: DoorPorts): FastifyInstance => {
  const receiver = createReceiver(ports)
  const app = fastify({
    logger: false,
    bodyLimit: BODY_MAX_BYTES,
    requestTimeout: REQUEST_WITHIN_MS,
    keepAliveTimeout: KEEP_ALIVE_MS,
    http: { headersTimeout: HEADERS_WITHIN_MS, connectionsCheckingInterval: TIMEOUTS_EVERY_MS },
    forceCloseConnections: 'idle',
    routerOptions: { ignoreTrailingSlash: true },
    // addresses the router cannot read: no hook and no handler of ours sees them
    frameworkErrors: (_error, _request, reply) => {
      send(reply.header(VERSION_HEADER, VERSION), NOT_FOUND)
    },
  })
  hangUpOnClose(app, ports.clock)
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body))
  app.decorateRequest('claim', null)
  app.addHook('onRequest', (_request, reply, done) => {
    reply.header(VERSION_HEADER, VERSION)
    done()
  })
  app.setNotFoundHandler((_request, reply) => send(reply, NOT_FOUND))
  app.setErrorHandler((thrown: FastifyError | Fault, _request, reply) => {
    send(reply, receiver.refuse(translated(thrown)))
  })

  const screen = (request: FastifyRequest, _reply: FastifyReply, done: () => void): void => {
    if (Number(request.headers['content-length']) > BODY_MAX_BYTES) throw new Fault('webhook.too_large')
    if (!isJson(request.headers['content-type'])) throw new Fault('webhook.wrong_content_type')
    request.claim = receiver.screen(request.headers)
    done()
  }
  const deliver = async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> => {
    const body = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0)
    const answer = await receiver.receive(request.claim as Claim, body)
    send(reply, answer)
    setImmediate(answer.after)
    return reply
  }
  for (const path of WEBHOOK_PATHS) {
    app.post(path, { onRequest: screen }, deliver)
    app.post(`${STAGE}${path}`, { onRequest: screen }, deliver)
  }
  const reports: Record<string, () => Answer> = {
    '/health': ports.health.healthy,
    '/health/ready': ports.health.ready,
    '/health/live': ports.health.live,
    ...(ports.configuration ? { '/config': ports.configuration } : {}),
  }
  for (const [path, answer] of Object.entries(reports)) {
    for (const url of [path, `${STAGE}${path}`]) {
      app.get(url, (_request, reply) => send(reply, answer()))
      app.route({
        method: [...OTHER_METHODS, 'POST'],
        url,
        handler: (_request, reply) => send(reply, only('GET')),
      })
    }
  }
  for (const path of WEBHOOK_PATHS.slice(1)) {
    for (const url of [path, `${STAGE}${path}`]) {
      app.route({
        method: [...OTHER_METHODS, 'GET'],
        url,
        handler: (_request, reply) => send(reply, only('POST')),
      })
    }
  }
  return app
}

declare module 'fastify' {
  interface FastifyRequest {
    claim: Claim | null
  }
}

const send = (reply: FastifyReply, answer: Answer): FastifyReply =>
  reply
    .code(answer.status)
    .headers(answer.headers ?? {})
    .send(answer.body)

const isJson = (contentType: string | undefined): boolean =>
  contentType?.split(';')[0]?.trim().toLowerCase() === 'application/json'

const NOT_FOUND: Answer = { status: 404, body: { error: 'Endpoint not found' } }

const OTHER_METHODS = ['PUT', 'PATCH', 'DELETE'] as const

const only = (method: string): Answer => ({
  status: 405,
  headers: { allow: method },
  body: { error: 'Method Not Allowed' },
})

/** Fastify's own errors in the words of the catalogue, by their status: what the sender did wrong is never `internal`. */
const translated = (thrown: FastifyError | Fault): unknown => {
  if (thrown instanceof Fault) return thrown
  const { statusCode = 500 } = thrown
  if (statusCode === 413) return new Fault('webhook.too_large')
  if (statusCode === 415) return new Fault('webhook.wrong_content_type')
  if (statusCode >= 400 && statusCode < 500)
    return new Fault('webhook.not_json', {}, { detail: 'No JSON payload.' })
  return thrown
}
