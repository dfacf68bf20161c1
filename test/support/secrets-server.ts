import type { IncomingMessage, RequestListener } from 'node:http'
import { json } from 'node:stream/consumers'

/** What Secrets Manager answers instead of a secret. `reset`: the connection breaks; `hang`: nothing. */
export type SecretsTrouble =
  | { readonly status: number; readonly type: string; readonly message?: string }
  | 'reset'
  | 'hang'

export type Secrets = {
  readonly listener: RequestListener
  /** Secrets by name, as text or bytes. */
  readonly secrets: Map<string, string | Buffer>
  /** The name asked for in every GetSecretValue. */
  readonly asked: string[]
  /** The region each of these was signed for. */
  readonly regions: string[]
  /** The next requests meet these, one each. */
  readonly troubles: SecretsTrouble[]
}

const AUTHORIZATION = /^AWS4-HMAC-SHA256 Credential=[^/]+\/\d{8}\/([a-z0-9-]+)\/secretsmanager\/aws4_request,/

/** Speaks Secrets Manager's JSON protocol for GetSecretValue, and refuses everything else. */
export const secretsManager = (): Secrets => {
  const self = {
    secrets: new Map<string, string | Buffer>(),
    asked: [] as string[],
    regions: [] as string[],
    troubles: [] as SecretsTrouble[],
  }
  const answer = async (request: IncomingMessage): Promise<[number, object] | 'reset' | 'hang'> => {
    const target = request.headers['x-amz-target']
    const asked = (await json(request)) as Record<string, unknown>
    if (target !== 'secretsmanager.GetSecretValue' || Object.keys(asked).join() !== 'SecretId')
      return [400, { __type: 'InvalidAction' }]
    const region = AUTHORIZATION.exec(request.headers.authorization ?? '')?.[1]
    if (region === undefined) return [400, { __type: 'MissingAuthenticationTokenException' }]
    const name = String(asked.SecretId)
    self.asked.push(name)
    self.regions.push(region)
    const trouble = self.troubles.shift()
    if (typeof trouble === 'string') return trouble
    if (trouble) return [trouble.status, { __type: trouble.type, Message: trouble.message ?? 'no' }]
    const value = self.secrets.get(name)
    if (value === undefined)
      return [400, { __type: 'ResourceNotFoundException', Message: "can't find the specified secret." }]
    const held =
      typeof value === 'string' ? { SecretString: value } : { SecretBinary: value.toString('base64') }
    return [200, { ARN: `arn:aws:secretsmanager:x:1:secret:${name}`, Name: name, VersionId: 'v1', ...held }]
  }
  return {
    ...self,
    listener: (request, response) => {
      void answer(request).then((said) => {
        if (said === 'reset') request.socket.destroy()
        else if (said !== 'hang')
          response
            .writeHead(said[0], { 'content-type': 'application/x-amz-json-1.1' })
            .end(JSON.stringify(said[1]))
      })
    },
  }
}
