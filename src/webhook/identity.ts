import { Fault } from '../base/fault.ts'
import type { Envelope } from './envelope.ts'

/** The app and tenant whose deliveries are ours. */
export type Identity = {
  /**
   * `definition`: the app definition (`appdef_…`) signs and is checked. `legacy`: apps from before 15 July 2024 and all
   * apps on GxP tenants have keys by installation (`app_…`), and their envelopes may carry no definition.
   */
  readonly app: { readonly mode: 'definition' | 'legacy'; readonly id: string }
  /** Origins a `baseURL` may have: the tenant's, and the simulator's where one is configured. */
  readonly origins: readonly string[]
}

/** Where the keys of an app are published: Benchling's global address, or the same path under a simulator. */
export const jwksUrl = (app: Identity['app'], simulator: string | null): string =>
  app.mode === 'definition'
    ? `${simulator ?? 'https://apps.benchling.com'}/api/v1/apps/${encodeURIComponent(app.id)}/jwks`
    : `${simulator ?? 'https://benchling.com'}/apps/jwks/${encodeURIComponent(app.id)}`

/**
 * After verification: the envelope names our app and tenant. A key may sign for several tenants, and the API's secret is
 * later sent to the tenant, so this is no formality. Throws `webhook.wrong_app`; facts say which part, not its value.
 */
export const checkIdentity = (envelope: Envelope, identity: Identity): void => {
  const id = identity.app.mode === 'definition' ? envelope.appDefinition?.id : envelope.app.id
  if (id !== identity.app.id) throw new Fault('webhook.wrong_app', { part: 'app' })
  if (!identity.origins.includes(origin(envelope.baseURL))) {
    throw new Fault('webhook.wrong_app', { part: 'tenant' })
  }
}

const origin = (url: string): string => (URL.canParse(url) ? new URL(url).origin : '')
