import { once } from 'node:events'
import { createServer, type IncomingMessage, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import type { Clock } from '../../src/base/clock.ts'

export type StsCall = { readonly session: string; readonly seconds: number; readonly accessKeyId: string }

/** What STS answers instead of a session: a status and its code, or nothing at all (`hang`, `reset`). */
export type StsTrouble = { readonly status: number; readonly code: string } | 'hang' | 'reset'

export type StsOptions = {
  readonly roleArn: string
  /** Whose clock sessions end by. */
  readonly clock: Clock
  /** The keys of every session; the token tells sessions apart: `session-1`, `session-2` … */
  readonly keys: { readonly accessKeyId: string; readonly secretAccessKey: string }
  /** How long sessions are whatever was asked for. */
  readonly lifetimeMs?: number
}

export type Sts = {
  readonly listener: RequestListener
  /** Every AssumeRole that arrived, refused ones too. */
  readonly calls: StsCall[]
  /** What happens until it is cleared. */
  trouble: StsTrouble | null
}

const SESSION_NAME = /^[\w+=,.@-]{2,64}$/
const AUTHORIZATION = /^AWS4-HMAC-SHA256 Credential=([^/]+)\/\d{8}\/[a-z0-9-]+\/sts\/aws4_request,/
const NAMESPACE = 'https://sts.amazonaws.com/doc/2011-06-15/'

const refusal = (code: string): string =>
  `<ErrorResponse xmlns="${NAMESPACE}"><Error><Type>Sender</Type><Code>${code}</Code><Message>User: arn:aws:sts::111122223333:assumed-role/task/1 is not authorized</Message></Error><RequestId>r</RequestId></ErrorResponse>`

/** Speaks STS's query protocol for AssumeRole of one role, and refuses everything else: requests are read strictly. */
export const sts = (options: StsOptions): Sts => {
  const answer = async (request: IncomingMessage): Promise<[status: number, body: string] | StsTrouble> => {
    const accessKeyId = AUTHORIZATION.exec(request.headers.authorization ?? '')?.[1]
    const form = new URLSearchParams(await text(request))
    const call = Object.fromEntries(form)
    if (request.method !== 'POST' || call.Action !== 'AssumeRole' || call.Version !== '2011-06-15')
      return [400, refusal('InvalidAction')]
    if (accessKeyId === undefined) return [403, refusal('MissingAuthenticationToken')]
    const { RoleArn, RoleSessionName: session = '', DurationSeconds } = call
    const seconds = Number(DurationSeconds)
    self.calls.push({ session, seconds, accessKeyId })
    if (self.trouble)
      return typeof self.trouble === 'string'
        ? self.trouble
        : [self.trouble.status, refusal(self.trouble.code)]
    if (RoleArn !== options.roleArn) return [403, refusal('AccessDenied')]
    if (!SESSION_NAME.test(session) || !(seconds >= 900 && seconds <= 3600))
      return [400, refusal('ValidationError')]
    const end = new Date(options.clock.now() + (options.lifetimeMs ?? seconds * 1_000)).toISOString()
    const { accessKeyId: id, secretAccessKey: secret } = options.keys
    const token = `session-${self.calls.length}`
    const credentials = `<Credentials><AccessKeyId>${id}</AccessKeyId><SecretAccessKey>${secret}</SecretAccessKey><SessionToken>${token}</SessionToken><Expiration>${end}</Expiration></Credentials>`
    const user = `<AssumedRoleUser><AssumedRoleId>AROA:${session}</AssumedRoleId><Arn>${RoleArn}/${session}</Arn></AssumedRoleUser>`
    return [
      200,
      `<AssumeRoleResponse xmlns="${NAMESPACE}"><AssumeRoleResult>${credentials}${user}</AssumeRoleResult><ResponseMetadata><RequestId>r</RequestId></ResponseMetadata></AssumeRoleResponse>`,
    ]
  }
  const self: Sts = {
    calls: [],
    trouble: null,
    listener: (request, response) => {
      void answer(request).then((said) => {
        if (said === 'reset') request.socket.destroy()
        else if (Array.isArray(said)) response.writeHead(said[0], { 'content-type': 'text/xml' }).end(said[1])
      })
    },
  }
  return self
}

export type Listening = AsyncDisposable & { readonly url: string }

/** Any request listener on loopback. */
export const listening = async (listener: RequestListener): Promise<Listening> => {
  const server = createServer(listener).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    [Symbol.asyncDispose]: async () => {
      const closed = once(server, 'close')
      server.close()
      server.closeAllConnections()
      await closed
    },
  }
}
