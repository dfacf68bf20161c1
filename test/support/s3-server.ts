import { EventEmitter, once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { ACTIONS, operationOf, type S3Answer, type S3Operation } from './s3-server-actions.ts'
import { type S3Credentials, verifySignature } from './s3-server-auth.ts'
import { readPayload } from './s3-server-body.ts'
import { S3Bucket, type Versioning } from './s3-server-bucket.ts'
import { S3Error, xml } from './s3-server-error.ts'
import { type S3FaultKind, S3Faults } from './s3-server-faults.ts'

export type S3ServerOptions = {
  /** Buckets and whether they keep versions. */
  readonly buckets: Readonly<Record<string, Versioning>>
  /** Keys on one page of a listing at most. */
  readonly pageSize?: number
}

export type S3Log = {
  readonly operation: S3Operation
  readonly bucket: string
  readonly key: string
  readonly bytes: number
  readonly headers: IncomingMessage['headers']
}

export type S3Server = {
  readonly url: string
  readonly credentials: S3Credentials
  readonly buckets: ReadonlyMap<string, S3Bucket>
  readonly faults: S3Faults
  /** Every request that was understood, in order of arrival. */
  readonly requests: S3Log[]
  /** Resolves when so many requests of this operation have arrived in all. */
  arrived(operation: S3Operation, count: number): Promise<void>
  close(): Promise<void>
}

const CREDENTIALS: S3Credentials = { accessKeyId: 'AKIATESTTESTTEST', secretAccessKey: 'not-a-secret' }

const BEFORE: Partial<Record<S3FaultKind, () => S3Error>> = {
  'slow-down': () => new S3Error(503, 'SlowDown', 'Please reduce your request rate.'),
  'internal-error': () => new S3Error(500, 'InternalError'),
  forbidden: () => new S3Error(403, 'AccessDenied', 'Access Denied'),
  'expired-token': () => new S3Error(400, 'ExpiredToken', 'The provided token has expired.'),
  'kms-denied': () =>
    new S3Error(
      403,
      'AccessDenied',
      'User: arn:aws:sts::111122223333:assumed-role/lab/x is not authorized to perform: kms:GenerateDataKey on resource: arn:aws:kms:eu-test-1:111122223333:key/1 because no identity-based policy allows the kms:GenerateDataKey action',
    ),
  'kms-disabled': () => new S3Error(400, 'KMS.DisabledException', 'The key is disabled.'),
  'kms-throttled': () => new S3Error(400, 'KMS.ThrottlingException', 'Rate exceeded'),
  conflict: () => new S3Error(409, 'ConditionalRequestConflict'),
}

const WRONG = Buffer.alloc(32, 7).toString('base64')

const bent = (answer: S3Answer, fault: S3FaultKind | undefined): S3Answer => {
  if (fault !== 'wrong-checksum' && fault !== 'no-checksum') return answer
  const to = fault === 'wrong-checksum' ? WRONG : undefined
  const { 'x-amz-checksum-sha256': value, ...headers } = answer.headers ?? {}
  const body =
    typeof answer.body === 'string'
      ? answer.body.replace(/<ChecksumSHA256>[^<]*</, to ? `<ChecksumSHA256>${to}-1<` : '<ChecksumSHA256><')
      : answer.body
  return {
    status: answer.status,
    headers: { ...headers, ...(value !== undefined && to ? { 'x-amz-checksum-sha256': to } : {}) },
    ...(body === undefined ? {} : { body: String(body).replace('<ChecksumSHA256></ChecksumSHA256>', '') }),
  }
}

const send = (response: ServerResponse, answer: S3Answer, fault: S3FaultKind | undefined): void => {
  const body = answer.body === undefined ? Buffer.alloc(0) : Buffer.from(answer.body)
  const type = typeof answer.body === 'string' ? { 'content-type': 'application/xml' } : {}
  response.writeHead(answer.status, { 'content-length': body.length, ...type, ...answer.headers })
  if (fault !== 'cut-body') {
    response.end(body)
    return
  }
  response.write(body.subarray(0, body.length >> 1), () => response.socket?.destroy())
}

/**
 * A small strict S3 in memory, on loopback: path-style addresses, signatures and checksums really verified, versions,
 * conditional writes, multipart rules. What it does not know it refuses with 501, so that nothing passes by luck.
 */
export const startS3Server = async (options: S3ServerOptions): Promise<S3Server> => {
  const buckets = new Map(
    Object.entries(options.buckets).map(([name, versioning]) => [name, new S3Bucket(versioning)]),
  )
  const faults = new S3Faults()
  const requests: S3Log[] = []
  const arrivals = new EventEmitter()
  const count = (operation: S3Operation) => requests.filter((r) => r.operation === operation).length

  const act = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const [path = '', search = ''] = (request.url ?? '').split('?')
    const [, bucketName = '', ...rest] = path.split('/').map(decodeURIComponent)
    const key = rest.join('/')
    const query = new URLSearchParams(search)
    const method = request.method ?? ''
    const operation = operationOf(method, key, query)
    if (!operation) throw new S3Error(501, 'NotImplemented', `${method} ${search}`)
    const fault = faults.take(operation)
    if (fault === 'reset') {
      request.socket.destroy()
      return
    }
    verifySignature(request, CREDENTIALS)
    const payload = await readPayload(request, fault === 'spoil-body')
    requests.push({
      operation,
      bucket: bucketName,
      key,
      bytes: payload.bytes.length,
      headers: request.headers,
    })
    arrivals.emit('request')
    if (fault === 'hang') return
    const early = fault && BEFORE[fault]
    if (early) throw early()
    const bucket = buckets.get(bucketName)
    if (!bucket) throw new S3Error(404, 'NoSuchBucket')
    if (!bucket.mayRead && /^(Get|Head|List)/.test(operation)) throw new S3Error(403, 'AccessDenied')
    const pageSize = options.pageSize ?? 1000
    const answer = ACTIONS[operation](bucket, {
      method,
      bucketName,
      key,
      query,
      headers: request.headers,
      payload,
      pageSize,
    })
    if (fault === 'held') await faults.released
    if (fault === 'lost-answer') response.socket?.destroy()
    else send(response, bent(answer, fault), fault)
  }

  const server = createServer((request, response) => {
    act(request, response).catch((thrown: unknown) => {
      const error = thrown instanceof S3Error ? thrown : new S3Error(500, 'InternalError', String(thrown))
      if (request.destroyed && !response.socket) return
      const body = xml('Error', { Code: error.code, Message: error.message, RequestId: 'test' })
      send(response, { status: error.status, ...(request.method === 'HEAD' ? {} : { body }) }, undefined)
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    credentials: CREDENTIALS,
    buckets,
    faults,
    requests,
    arrived: async (operation, wanted) => {
      while (count(operation) < wanted) await once(arrivals, 'request')
    },
    close: async () => {
      const closed = once(server, 'close')
      server.close()
      server.closeAllConnections()
      await closed
    },
  }
}
