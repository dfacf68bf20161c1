import { apiTime } from './entries/api-entry.ts'
import type { DataEvent } from './event-log.ts'

export type EnvelopeFacts = {
  readonly tenantOrigin: string
  readonly appId: string
  /** Null for a legacy app. */
  readonly appDefinitionId: string | null
}

const TENANT_ID = 'ten_acme4simul'
const APP_VERSION = '1.0.0'

export type WebhookMessage = { readonly type: string; readonly [field: string]: unknown }

/** The envelope around a message, as captured from real deliveries (benchling-platform.md §2.1). */
export const envelope = (facts: EnvelopeFacts, message: WebhookMessage) => ({
  version: '0',
  baseURL: facts.tenantOrigin,
  tenantId: TENANT_ID,
  app: { id: facts.appId },
  appDefinition: { id: facts.appDefinitionId, versionNumber: APP_VERSION },
  channel: /\.(canvas|app)\./.test(message.type) ? 'app_signals' : 'events',
  message: { deprecated: false, ...message },
})

/** A data event as a message: thin, without names and without the entry itself. */
export const eventMessage = (event: DataEvent): WebhookMessage => ({
  id: event.id,
  createdAt: apiTime(event.createdAt),
  type: event.type,
  resourceId: event.entryId,
  schema: event.schema ? { id: event.schema.id } : null,
  ...(event.updates ? { updates: event.updates } : {}),
})
