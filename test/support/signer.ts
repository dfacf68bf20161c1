import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto'

export type SignedHeaders = Record<
  'content-type' | 'webhook-id' | 'webhook-timestamp' | 'webhook-signature',
  string
>

/** Signs as Benchling does: DER ECDSA over `{id}.{timestamp}.{body}`, with a key pair of its own. */
export const createSigner = (namedCurve = 'P-256') => {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve })
  return {
    publicKey: publicKey as KeyObject,
    jwk: { ...publicKey.export({ format: 'jwk' }), use: 'sig' },
    /** `at`: ms since the epoch. */
    headers: (id: string, at: number, body: string | Buffer): SignedHeaders => {
      const timestamp = String(Math.floor(at / 1000))
      const signed = Buffer.concat([Buffer.from(`${id}.${timestamp}.`), Buffer.from(body)])
      const der = sign('sha256', signed, privateKey).toString('base64')
      return {
        'content-type': 'application/json',
        'webhook-id': id,
        'webhook-timestamp': timestamp,
        'webhook-signature': `v1bder,${der}`,
      }
    },
  }
}

export type Signer = ReturnType<typeof createSigner>
