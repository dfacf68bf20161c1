import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Clock } from '../base/clock.ts'
import type { Exchange } from './api/exchanges.ts'
import type { EntrySeed, LinkedObject } from './entries/sample.ts'
import type { Rate } from './rate-window.ts'
import type { ServiceView } from './service-view.ts'

export type TenantOptions = {
  /** Default 127.0.0.1. The control API answers loopback only, whatever this is. */
  readonly host?: string
  /** Default 0: any free port. */
  readonly port?: number
  /** What envelopes and web addresses call the tenant; default `acme.benchling.test`. */
  readonly tenantHost?: string
  readonly appId?: string
  readonly appDefinitionId?: string
  readonly appName?: string
  readonly clientId?: string
  readonly clientSecret?: string
  /** A legacy app: keys by installation id, `appDefinition.id` is null. */
  readonly legacy?: boolean
  readonly routing?: 'suffixed' | 'stable'
  /** The app's webhook address; can be set later. Without it nothing is delivered. */
  readonly webhookUrl?: string
  /** How long an export takes in ms; default 1,000–3,000 at random. */
  readonly exportMs?: number | readonly [from: number, to: number]
  readonly clock?: Clock
  /** Ids and durations follow from it; keys and link signatures do not. Default 1. */
  readonly seed?: number
  /** Default: the sample entries with what they link to. */
  readonly entries?: readonly EntrySeed[]
  readonly objects?: readonly LinkedObject[]
  readonly rate?: Rate
  /** What the page shows of the service. */
  readonly service?: ServiceView
  /** Serve the notebook page at `/`; default true. */
  readonly page?: boolean
  /** Told of every request of the API and its answer, with their bodies. */
  readonly onExchange?: (exchange: Exchange) => void
  /** Asked before everything else about every request: true when it answers by itself, as no tenant would. For tests. */
  readonly intercept?: (request: IncomingMessage, response: ServerResponse) => boolean
}

/** What a service is configured with. */
export type TenantCredentials = {
  readonly tenant: string
  readonly appId: string
  readonly appDefinitionId: string
  readonly clientId: string
  readonly clientSecret: string
}
