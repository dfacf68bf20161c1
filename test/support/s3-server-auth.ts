import { createHash, createHmac, timingSafeEqual } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { S3Error } from './s3-server-error.ts'

export type S3Credentials = { readonly accessKeyId: string; readonly secretAccessKey: string }

const AUTHORIZATION =
  /^AWS4-HMAC-SHA256 Credential=([^/]+)\/(\d{8})\/([^/]+)\/s3\/aws4_request, ?SignedHeaders=([a-z0-9;-]+), ?Signature=([0-9a-f]{64})$/

const encode = (text: string): string =>
  encodeURIComponent(text).replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`)

const hmac = (key: string | Buffer, text: string): Buffer => createHmac('sha256', key).update(text).digest()

/** Checks a request's Signature Version 4 for real: every header S3 demands to be signed, and the signature itself. */
export const verifySignature = (request: IncomingMessage, credentials: S3Credentials): void => {
  const match = AUTHORIZATION.exec(request.headers.authorization ?? '')
  if (!match) throw new S3Error(403, 'AccessDenied', 'Anonymous or not Signature Version 4')
  const [, accessKeyId, day = '', region = '', signed = '', signature = ''] = match
  if (accessKeyId !== credentials.accessKeyId) throw new S3Error(403, 'InvalidAccessKeyId')
  const names = signed.split(';')
  const must = Object.keys(request.headers).filter((name) => name === 'host' || name.startsWith('x-amz-'))
  const unsigned = must.filter((name) => !names.includes(name))
  if (unsigned.length > 0)
    throw new S3Error(403, 'AccessDenied', `Headers not signed: ${unsigned.join(', ')}`)
  const date = String(request.headers['x-amz-date'] ?? '')
  const payload = request.headers['x-amz-content-sha256']
  if (!date.startsWith(day) || typeof payload !== 'string')
    throw new S3Error(400, 'InvalidRequest', 'x-amz-date or x-amz-content-sha256 is missing')

  const [path = '', query = ''] = (request.url ?? '').split('?')
  const pairs = query
    .split('&')
    .filter(Boolean)
    .map((pair) => {
      const [name = '', value = ''] = pair.split('=')
      return `${encode(decodeURIComponent(name))}=${encode(decodeURIComponent(value))}`
    })
    .sort()
  const headers = names.map((name) => `${name}:${String(request.headers[name]).trim().replace(/ +/g, ' ')}\n`)
  const canonical = [request.method, path, pairs.join('&'), headers.join(''), signed, payload].join('\n')
  const scope = `${day}/${region}/s3/aws4_request`
  const digest = createHash('sha256').update(canonical).digest('hex')
  const toSign = `AWS4-HMAC-SHA256\n${date}\n${scope}\n${digest}`
  const key = [day, region, 's3', 'aws4_request'].reduce<string | Buffer>(
    hmac,
    `AWS4${credentials.secretAccessKey}`,
  )
  if (!timingSafeEqual(hmac(key, toSign), Buffer.from(signature, 'hex')))
    throw new S3Error(403, 'SignatureDoesNotMatch')
}
