import { createSign, generateKeyPairSync, type KeyObject } from 'node:crypto'
import { benchlingId, type Random } from './random.ts'

type SigningKey = { readonly kid: string; readonly privateKey: KeyObject; readonly jwk: JsonWebKey }
type JsonWebKey = { kty: string; crv: string; x: string; y: string; kid: string; alg: 'ES256'; use: 'sig' }

/**
 * The app's two P-256 keys (benchling-platform.md §1.3). The newest signs; the other is still in the set, as during a
 * rotation at Benchling. Keys are real and random: only ids depend on the seed.
 */
export class KeyRing {
  readonly #random: Random
  #keys: SigningKey[]

  constructor(random: Random) {
    this.#random = random
    this.#keys = [this.#make(), this.#make()]
  }

  get jwks(): { keys: JsonWebKey[] } {
    return { keys: this.#keys.map((key) => key.jwk) }
  }

  get ids(): string[] {
    return this.#keys.map((key) => key.kid)
  }

  /** Replaces both keys: a receiver that keeps an old set can verify nothing new. */
  rotate(): void {
    this.#keys = [this.#make(), this.#make()]
  }

  /**
   * The `webhook-signature` header for these exact bytes: `v1bder,<base64 DER>`, and for every second message an entry
   * of another kind before it, which a receiver must skip (benchling-platform.md §1.2).
   */
  sign(id: string, timestamp: string, body: Uint8Array): string {
    const [key] = this.#keys
    const signature = (dsaEncoding: 'der' | 'ieee-p1363') =>
      createSign('sha256')
        .update(`${id}.${timestamp}.`)
        .update(body)
        .sign({ key: key!.privateKey, dsaEncoding })
        .toString('base64')
    const der = `v1bder,${signature('der')}`
    return this.#random() < 0.5 ? `v1b,${signature('ieee-p1363')} ${der}` : der
  }

  #make(): SigningKey {
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    const { kty, crv, x, y } = publicKey.export({ format: 'jwk' })
    const kid = benchlingId(this.#random, 'key', 10)
    return {
      kid,
      privateKey,
      jwk: { kty: kty!, crv: crv!, x: x!, y: y!, kid, alg: 'ES256', use: 'sig' },
    }
  }
}
