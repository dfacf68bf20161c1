import { Fault } from '../base/fault.ts'
import { type ButtonPress, isEntryId, readButton } from '../canvas/buttons.ts'
import type { Message } from './envelope.ts'

/** What a message asks of us. Ids in it are safe to be part of keys and paths. */
export type Request =
  | { readonly kind: 'entry'; readonly entryId: string }
  /** A canvas was inserted. The entry is null when the message does not tell it (old messages, canvases of runs). */
  | {
      readonly kind: 'canvas'
      readonly canvasId: string
      readonly featureId: string | null
      readonly entryId: string | null
    }
  /** A run or the homepage wants a canvas that does not exist yet. */
  | { readonly kind: 'place'; readonly featureId: string; readonly resourceId: string }
  | {
      readonly kind: 'click'
      readonly canvasId: string
      readonly featureId: string | null
      readonly button: ButtonPress
    }
  | { readonly kind: 'lifecycle' }
  | { readonly kind: 'other' }

const ENTRY_EVENT = /^v\d+(-beta)?\.entry\.(created|updated(\..+)?)$/

/** Lifecycle messages, all generations that benchling-sdk still decodes. */
const LIFECYCLE = /^v\d+(-beta)?\.(app|lifecycle)\./

const SAFE_ID = /^[A-Za-z0-9_-]{1,128}$/

const OTHER: Request = { kind: 'other' }

/**
 * Reads a message by its type, never by the path it came on. What is not understood is `other`; an entry event that
 * names no entry cannot be kept for later and throws `webhook.invalid_envelope`.
 */
export const readRequest = (message: Message): Request => {
  const { type } = message
  const featureId = safe(message.featureId)
  if (ENTRY_EVENT.test(type)) return { kind: 'entry', entryId: entryOf(message) }
  if (LIFECYCLE.test(type)) return { kind: 'lifecycle' }
  const canvasId = safe(message.canvasId)
  switch (type) {
    case 'v2.canvas.created':
    case 'v2-beta.canvas.created': {
      if (!canvasId) return OTHER
      const entryId = message.resourceId && isEntryId(message.resourceId) ? message.resourceId : null
      return { kind: 'canvas', canvasId, featureId, entryId }
    }
    case 'v2.canvas.initialized': {
      const resourceId = safe(message.resourceId)
      return featureId && resourceId ? { kind: 'place', featureId, resourceId } : OTHER
    }
    case 'v2.canvas.userInteracted':
      return canvasId
        ? { kind: 'click', canvasId, featureId, button: readButton(message.buttonId ?? '') }
        : OTHER
    default:
      return OTHER
  }
}

const entryOf = (message: Message): string => {
  const entryId = safe(message.resourceId)
  if (entryId) return entryId
  throw new Fault(
    'webhook.invalid_envelope',
    { parts: ['message.resourceId'] },
    { detail: 'No entry_id: message.resourceId is missing or not an id.' },
  )
}

const safe = (id: string | undefined): string | null => (id !== undefined && SAFE_ID.test(id) ? id : null)
