import { createHash } from 'node:crypto'
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http'
import { buffer } from 'node:stream/consumers'
import { crc32 } from 'node:zlib'
import { S3Error } from './s3-server-error.ts'

const CHECKSUM = 'x-amz-checksum-'
const NOT_VALUES = new Set(['algorithm', 'mode', 'type'])
const HEX_SHA256 = /^[0-9a-f]{64}$/

export const sha256 = (bytes: Uint8Array): Buffer => createHash('sha256').update(bytes).digest()

const digests: Record<string, (bytes: Buffer) => string> = {
  sha256: (bytes) => sha256(bytes).toString('base64'),
  crc32: (bytes) => {
    const four = Buffer.alloc(4)
    four.writeUInt32BE(crc32(bytes))
    return four.toString('base64')
  },
}

/** Takes the `aws-chunked` frame off: chunks of a hexadecimal length, then the trailing headers. */
const unframe = (framed: Buffer): { body: Buffer; trailers: Map<string, string> } => {
  const parts: Buffer[] = []
  let at = 0
  const line = (): string => {
    const end = framed.indexOf('\r\n', at)
    if (end < 0) throw new S3Error(400, 'IncompleteBody', 'The chunk framing ends early')
    const text = framed.toString('latin1', at, end)
    at = end + 2
    return text
  }
  for (;;) {
    const [length = ''] = line().split(';')
    if (!/^[0-9a-f]+$/i.test(length)) throw new S3Error(400, 'InvalidRequest', 'Not a chunk length')
    const size = Number.parseInt(length, 16)
    if (size === 0) break
    parts.push(framed.subarray(at, at + size))
    at += size
    if (line() !== '') throw new S3Error(400, 'IncompleteBody', 'A chunk is longer than it says')
  }
  const trailers = new Map<string, string>()
  for (let text = line(); text !== ''; text = at < framed.length ? line() : '') {
    const [name = '', value = ''] = text.split(/:(.*)/)
    trailers.set(name.toLowerCase(), value.trim())
  }
  return { body: Buffer.concat(parts), trailers }
}

const declaredChecksums = (headers: IncomingHttpHeaders, trailers: Map<string, string>) => {
  const all = [...Object.entries(headers), ...trailers].filter(([name]) => name.startsWith(CHECKSUM))
  return all
    .map(([name, value]) => ({ algorithm: name.slice(CHECKSUM.length), value: String(value) }))
    .filter(({ algorithm }) => !NOT_VALUES.has(algorithm))
}

export type Payload = {
  readonly bytes: Buffer /** SHA-256 as declared and verified, base64. */
  readonly sha256: string | undefined
}

/** Reads a request's body as S3 does and refuses every body that is not what its headers say. */
export const readPayload = async (request: IncomingMessage, spoil: boolean): Promise<Payload> => {
  const { headers } = request
  const received = await buffer(request)
  if (spoil && received.length > 0) received[0] = (received[0] ?? 0) ^ 0xff
  const declared = String(headers['x-amz-content-sha256'])
  const streaming = declared.startsWith('STREAMING-')
  const framed = String(headers['content-encoding'] ?? '').includes('aws-chunked')
  if (streaming !== framed) throw new S3Error(400, 'InvalidRequest', 'aws-chunked and STREAMING- go together')
  if (streaming && declared !== 'STREAMING-UNSIGNED-PAYLOAD-TRAILER') throw new S3Error(501, 'NotImplemented')
  if (!streaming && received.length > 0 && headers['content-length'] === undefined)
    throw new S3Error(411, 'MissingContentLength')
  const { body, trailers } = streaming ? unframe(received) : { body: received, trailers: new Map() }
  if (streaming && Number(headers['x-amz-decoded-content-length']) !== body.length)
    throw new S3Error(400, 'IncompleteBody', 'x-amz-decoded-content-length is not the length')

  const checksums = declaredChecksums(headers, trailers)
  if (checksums.length > 1)
    throw new S3Error(400, 'InvalidRequest', 'Expecting a single x-amz-checksum- header')
  for (const { algorithm, value } of checksums) {
    const digest = digests[algorithm]
    if (!digest) throw new S3Error(501, 'NotImplemented', `No ${algorithm} here`)
    if (digest(body) !== value)
      throw new S3Error(400, 'BadDigest', `The ${algorithm} you specified did not match`)
  }
  if (HEX_SHA256.test(declared)) {
    if (sha256(body).toString('hex') !== declared) throw new S3Error(400, 'XAmzContentSHA256Mismatch')
  } else if (!streaming && declared !== 'UNSIGNED-PAYLOAD')
    throw new S3Error(400, 'InvalidArgument', 'x-amz-content-sha256')
  return { bytes: body, sha256: checksums.find((c) => c.algorithm === 'sha256')?.value }
}
