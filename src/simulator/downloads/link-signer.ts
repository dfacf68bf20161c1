import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'

export type LinkFacts = {
  /** Path below the origin, encoded: `/download/exports/<task>.zip`. */
  readonly path: string
  readonly fileName: string
  readonly expiresSeconds: number
  /** When it was signed, ms. */
  readonly at: number
}

/**
 * Addresses that look and behave like presigned S3 links: anyone who has one may read until it expires, and nobody can
 * change a character of it. The signature is an HMAC of path and query with a key that lives as long as the tenant.
 */
export class LinkSigner {
  readonly #key = randomBytes(32)

  sign(origin: string, { path, fileName, expiresSeconds, at }: LinkFacts): string {
    const query = new URLSearchParams({
      'response-content-disposition': disposition(fileName),
      'X-Amz-Algorithm': 'AWS4-HMAC-SHA256',
      'X-Amz-Credential': `SIMULATED/${stamp(at).slice(0, 8)}/us-east-1/s3/aws4_request`,
      'X-Amz-Date': stamp(at),
      'X-Amz-Expires': String(expiresSeconds),
      'X-Amz-SignedHeaders': 'host',
      'X-Amz-Security-Token': 'simulated-session',
    })
    query.set('X-Amz-Signature', this.#signature(path, query))
    return `${origin}${path}?${query}`
  }

  check(path: string, query: URLSearchParams, now: number): 'good' | 'expired' | 'forged' {
    const given = Buffer.from(query.get('X-Amz-Signature') ?? '', 'hex')
    const unsigned = new URLSearchParams(query)
    unsigned.delete('X-Amz-Signature')
    const expected = Buffer.from(this.#signature(path, unsigned), 'hex')
    if (given.length !== expected.length || !timingSafeEqual(given, expected)) return 'forged'
    const at = parseStamp(query.get('X-Amz-Date') ?? '')
    return now < at + Number(query.get('X-Amz-Expires')) * 1000 ? 'good' : 'expired'
  }

  #signature(path: string, query: URLSearchParams): string {
    return createHmac('sha256', this.#key).update(`GET\n${path}\n${query}`).digest('hex')
  }
}

/** RFC 6266 with a plain and an encoded name, as S3 echoes it. */
export const disposition = (fileName: string): string => {
  const plain = fileName.normalize('NFC').replaceAll(/[^\x20-\x7e]|["\\]/g, '_')
  const encoded = encodeURIComponent(fileName).replaceAll(
    /['()*!]/g,
    (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`,
  )
  return `attachment; filename="${plain}"; filename*=UTF-8''${encoded}`
}

const stamp = (ms: number): string => new Date(ms).toISOString().replaceAll(/[-:]|\.\d{3}/g, '')

const parseStamp = (text: string): number =>
  Date.parse(text.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z'))
