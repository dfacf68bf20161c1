import { createSigner } from './signer.ts'

/**
 * Deliveries of a legacy app: keys by installation, `appDefinition` often null. Benchling publishes none, so these are
 * ours. `node test/support/legacy-vectors.ts` prints a new set for `test/fixtures/benchling/legacy_signature_vectors.json`.
 */
export const legacyVectors = () => {
  const now = 1_750_000_001
  const app = 'app_DRBigxGEyr2BzW4T'
  const ours = createSigner()
  const other = createSigner()
  const envelope = {
    version: '0',
    baseURL: 'https://example.benchling.com',
    tenantId: 'ten_bcvxj2yf7q',
    app: { id: app },
    appDefinition: { id: null as string | null, versionNumber: '0.0.1' } as { id: string | null } | null,
    channel: 'events',
    message: { type: 'v2.entry.created', id: 'evt_1', resourceId: 'etr_Legacy1', deprecated: false },
  }
  const at = (name: string, body: object, expect: string, signer = ours) => {
    const text = JSON.stringify(body)
    const { 'content-type': _, ...headers } = signer.headers(`msg_${name}`, (now - 1) * 1000, text)
    return { name, now, headers, body: text, expect }
  }
  return {
    note: 'SYNTHETIC: made by test/support/legacy-vectors.ts, not Benchling output.',
    app,
    tenant: 'example',
    jwks: { keys: [other.jwk, ours.jwk] },
    cases: [
      at('definition_id_null', envelope, 'accept'),
      at('definition_null', { ...envelope, appDefinition: null }, 'accept'),
      at('definition_absent', { ...envelope, appDefinition: undefined }, 'accept'),
      at('definition_present', { ...envelope, appDefinition: { id: 'appdef_PRhebXCvtw' } }, 'accept'),
      at('other_installation', { ...envelope, app: { id: 'app_SomebodyElse' } }, 'webhook.wrong_app'),
      at('other_tenant', { ...envelope, baseURL: 'https://other.benchling.com' }, 'webhook.wrong_app'),
      at('no_installation', { ...envelope, app: {} }, 'webhook.invalid_envelope'),
      at('unknown_key', envelope, 'webhook.invalid_signature', createSigner()),
    ],
  }
}

if (import.meta.main) process.stdout.write(`${JSON.stringify(legacyVectors(), null, 1)}\n`)
