import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer, type RequestListener } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { systemClock } from '../../src/base/clock.ts'
import { anEntry } from '../benchling/tenant.ts'
import { secretsManager } from '../support/secrets-server.ts'
import { createSigner } from '../support/signer.ts'
import { sts } from '../support/sts-server.ts'

export const TLS_FOLDER = join(import.meta.dirname, '../fixtures/tls')
export const AUTHORITY = join(TLS_FOLDER, 'authority.pem')
export const TLS = {
  cert: readFileSync(join(TLS_FOLDER, 'server.pem'), 'utf8'),
  key: readFileSync(join(TLS_FOLDER, 'server-key.pem'), 'utf8'),
}

export const ROLE = 'arn:aws:iam::111122223333:role/quilt-writer'
const CONTENT = 'bytes of a file'

/** Every host the service speaks to, in one server on loopback: which one is meant, the Host header tells. */
export type Hosts = AsyncDisposable & {
  readonly port: number
  /** `acme.benchling.com GET /api/v2/entries/etr_1`, in order. */
  readonly requests: string[]
  /** Names in TLS handshakes, and the protocols that were offered. */
  readonly names: Set<string>
}

const listeners = (): Readonly<Record<string, RequestListener>> => {
  const keys = { accessKeyId: 'ASIASESSION00000', secretAccessKey: 'session-secret' }
  const secrets = secretsManager()
  secrets.secrets.set('lab/benchling', '{}')
  const { jwk } = createSigner()
  const json =
    (body: object): RequestListener =>
    (_, response) =>
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body))
  const file: RequestListener = (_, response) =>
    response.writeHead(200, { 'content-length': CONTENT.length, etag: '"v1"' }).end(CONTENT)
  return {
    'acme.benchling.com': (request, response) =>
      (request.url === '/api/v2/token' ? json({ access_token: 'tok', expires_in: 900 }) : json(anEntry()))(
        request,
        response,
      ),
    'apps.benchling.com': json({ keys: [jwk] }),
    'sts.eu-west-1.amazonaws.com': sts({ roleArn: ROLE, clock: systemClock, keys }).listener,
    'secretsmanager.eu-west-1.amazonaws.com': secrets.listener,
    'exports.s3.eu-west-1.amazonaws.com': file,
    'lab-data.s3.eu-west-1.amazonaws.com': file,
    's3.lab.test': file,
  }
}

export const startHosts = async (kind: 'https' | 'http' = 'https'): Promise<Hosts> => {
  const requests: string[] = []
  const names = new Set<string>()
  const known = listeners()
  const listener: RequestListener = (request, response) => {
    const host = (request.headers.host ?? '').replace(/:\d+$/, '')
    requests.push(`${host} ${request.method} ${request.url}`)
    const play = known[host]
    if (play) play(request, response)
    else response.writeHead(421).end()
  }
  const server =
    kind === 'https'
      ? createTlsServer({ ...TLS, ALPNProtocols: ['h2', 'http/1.1'] }, listener)
      : createServer(listener)
  server.on('secureConnection', (socket: { servername: string; alpnProtocol: string }) =>
    names.add(`${socket.servername} ${socket.alpnProtocol}`),
  )
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    requests,
    names,
    [Symbol.asyncDispose]: async () => {
      const closed = once(server, 'close')
      server.close()
      server.closeAllConnections()
      await closed
    },
  }
}
