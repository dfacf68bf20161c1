import { isUtf8 } from 'node:buffer'
import { z } from 'zod'
import { Fault } from '../base/fault.ts'

/** A field we use when it is a string, and do without when Benchling makes it something else. */
const text = z.string().optional().catch(undefined)

const reference = z.object({ id: text }).optional().catch(undefined)

/**
 * The envelope of every webhook (WebhookEnvelopeV0 of benchling-sdk and the v3 specification), and the fields that any
 * message has that we act on. Required is only what no webhook lacks and nothing works without; everything else may be
 * absent, new or different, because unknown messages are acknowledged, never refused.
 */
const envelopeSchema = z.object({
  baseURL: z.string(),
  tenantId: text,
  /** `app_…`: the installation in this tenant. */
  app: z.object({ id: z.string() }),
  /** `appdef_…`; null for legacy apps. */
  appDefinition: z.object({ id: text, versionNumber: text }).optional().catch(undefined),
  channel: text,
  message: z.object({
    type: z.string(),
    id: text,
    createdAt: text,
    resourceId: text,
    canvasId: text,
    featureId: text,
    buttonId: text,
    userId: text,
    schema: reference,
    updates: z.array(z.string()).optional().catch(undefined),
    deprecated: z.boolean().optional().catch(undefined),
  }),
})

export type Envelope = z.infer<typeof envelopeSchema>
export type Message = Envelope['message']

/** Parses a verified body. Throws `webhook.not_json` and `webhook.invalid_envelope`; details name parts, never values. */
export const readEnvelope = (body: Buffer): Envelope => {
  const parsed = parse(body)
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) {
    throw new Fault('webhook.not_json', {}, { detail: 'Invalid JSON payload: an object is expected.' })
  }
  const envelope = envelopeSchema.safeParse(parsed)
  if (!envelope.success) {
    const parts = [...new Set(envelope.error.issues.map((issue) => issue.path.join('.')))]
    throw new Fault(
      'webhook.invalid_envelope',
      { parts },
      { detail: `Missing or not valid: ${parts.join(', ')}.` },
    )
  }
  return envelope.data
}

const parse = (body: Buffer): unknown => {
  try {
    if (body.length > 0 && isUtf8(body)) return JSON.parse(body.toString('utf8'))
  } catch {
    // answered like an empty body: the parser's message quotes what it read
  }
  throw new Fault('webhook.not_json', {}, { detail: 'No JSON payload.' })
}
