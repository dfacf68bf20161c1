import type { JsonObject } from '../base/json.ts'
import { DELIVERY_MAX_BYTES, type Delivery } from '../jobs/ports.ts'
import type { Envelope } from './envelope.ts'

/** Bytes of JSON that one fact may have. Ids of Benchling have about 20. */
const FACT_MAX_BYTES = 160

/**
 * A delivery as it is kept: the facts of the envelope that later work or an audit needs, under Benchling's names; never
 * the body, and never a field we do not know (an old lifecycle message carried a client secret). Every text is cut at
 * 160 bytes; of `updates` as many are kept as fit into `DELIVERY_MAX_BYTES` of JSON, the number of the others beside them.
 */
export const toDelivery = (
  envelope: Envelope,
  about: { readonly id: string; readonly receivedAt: number; readonly outcome: Delivery['outcome'] },
): Delivery => {
  const { message } = envelope
  const texts = {
    eventId: message.id,
    createdAt: message.createdAt,
    resourceId: message.resourceId,
    canvasId: message.canvasId,
    featureId: message.featureId,
    buttonId: message.buttonId,
    userId: message.userId,
    schemaId: message.schema?.id,
    appId: envelope.app.id,
    appDefinitionId: envelope.appDefinition?.id,
    appVersion: envelope.appDefinition?.versionNumber,
    tenantId: envelope.tenantId,
    channel: envelope.channel,
  }
  const facts: Record<string, string | boolean> = {}
  for (const [name, value] of Object.entries(texts)) if (value !== undefined) facts[name] = cut(value)
  if (message.deprecated) facts.deprecated = true
  const delivery: Delivery = { ...about, type: cut(message.type), facts }
  return message.updates ? { ...delivery, facts: withUpdates(delivery, message.updates) } : delivery
}

/** What is left for `updates` beside the longest facts there can be: lists under it need no measuring. */
const SAFE_UPDATES_BYTES = 768

const withUpdates = (delivery: Delivery, updates: readonly string[]): JsonObject => {
  const most = updates.reduce((sum, update) => sum + update.length * 6 + 3, 0)
  if (most <= SAFE_UPDATES_BYTES) return { ...delivery.facts, updates: updates.map(cut) }
  const kept: string[] = []
  let room = DELIVERY_MAX_BYTES - jsonBytes(delivery) - '"updates":[],"updatesLeftOut":00000000,'.length
  for (const update of updates) {
    const text = cut(update)
    room -= jsonBytes(text) + 1
    if (room < 0) break
    kept.push(text)
  }
  const leftOut = updates.length - kept.length
  return { ...delivery.facts, updates: kept, ...(leftOut > 0 ? { updatesLeftOut: leftOut } : {}) }
}

/** A text shortened until its JSON fits, cut between characters, with an ellipsis where something is gone. */
const cut = (text: string): string => {
  if (text.length * 6 <= FACT_MAX_BYTES || jsonBytes(text) <= FACT_MAX_BYTES) return text
  const characters = [...text.slice(0, FACT_MAX_BYTES)]
  while (jsonBytes(`${characters.join('')}…`) > FACT_MAX_BYTES) characters.pop()
  return `${characters.join('')}…`
}

const jsonBytes = (value: unknown): number => Buffer.byteLength(JSON.stringify(value))
