import { APP_FEATURES } from '../base/app-features.ts'
import type { Canvas } from './canvases/canvas-store.ts'
import type { TenantContext } from './context.ts'
import { envelope, eventMessage, type WebhookMessage } from './envelope.ts'
import type { DataEvent } from './event-log.ts'
import type { DeliveryView } from './page-contract.ts'
import { benchlingId, uuid } from './random.ts'
import { JANE } from './samples/people.ts'

/** The feature of the app's manifest that people insert into entries. */
export const CANVAS_FEATURE = APP_FEATURES.entry.id

/** What people do in the tenant, and what Benchling tells the app about it. All acts resolve with the first attempt. */
export class Notebook {
  readonly #tenant: TenantContext

  constructor(tenant: TenantContext) {
    this.#tenant = tenant
  }

  /** Wraps a message in the tenant's envelope, signs and sends it. `id` repeats a webhook-id. */
  deliver = (
    message: WebhookMessage,
    more: { id?: string; entryId?: string } = {},
  ): Promise<DeliveryView> => {
    const { faults, credentials, tenantOrigin, legacy } = this.#tenant
    const cut = 'canvasId' in message && faults.strikes('missing-resource-id')
    const { resourceId, ...without } = message
    const body = envelope(
      {
        tenantOrigin,
        appId: credentials.appId,
        appDefinitionId: legacy ? null : credentials.appDefinitionId,
      },
      cut ? (without as WebhookMessage) : message,
    )
    return this.#send(Buffer.from(JSON.stringify(body)), message.type, more.entryId ?? resourceId, more.id)
  }

  /** Signs and sends exactly these bytes, whatever they are: for really captured deliveries and for broken ones. */
  deliverBody = (body: Uint8Array, more: { id?: string } = {}): Promise<DeliveryView> => {
    const { type, resourceId } = messageFacts(body)
    return this.#send(body, type, resourceId, more.id)
  }

  /** Sends an earlier delivery of this body again under its id, as Benchling may at any time. */
  redeliver = (deliveryId: string): Promise<DeliveryView> => {
    const { body, view } = this.#tenant.outbox.find(deliveryId)
    return this.#tenant.outbox.send({ body, type: view.type, entryId: view.entryId, id: view.id })
  }

  /** Benchling's `v2.entry.created` for an entry. */
  created = (entryId: string): Promise<DeliveryView> => this.#event('v2.entry.created', entryId, undefined)

  /**
   * Saves an entry. Benchling speaks only of schema fields: null when none changed since the last save, because edits of
   * text, tables and attachments cause no event. `fields` names the fields to report instead.
   */
  save = (entryId: string, fields?: readonly string[]): Promise<DeliveryView> | null => {
    const unsaved = this.#tenant.entries.takeUnsaved(entryId)
    const updates = fields?.map((name) => `fields.${name}`) ?? unsaved
    return updates.length === 0 ? null : this.#event('v2.entry.updated.fields', entryId, updates)
  }

  /** Insert > Canvas: an empty canvas appears in the entry and waits for the app. */
  insertCanvas = async (
    entryId: string,
    more: { featureId?: string; userId?: string } = {},
  ): Promise<{ canvas: Canvas; delivery: DeliveryView }> => {
    const canvas = this.placeCanvas(entryId, more.featureId)
    return { canvas, delivery: await this.announceCanvas(canvas, more.userId) }
  }

  /** The first half of `insertCanvas`, for those who do not wait for the delivery. */
  placeCanvas(entryId: string, featureId: string = CANVAS_FEATURE): Canvas {
    const { entries, canvases, credentials } = this.#tenant
    entries.get(entryId)
    const { appId } = credentials
    const canvas = canvases.create({ appId, featureId, resourceId: entryId })
    entries.append(entryId, {
      type: 'app_canvas',
      indentation: 0,
      text: '',
      links: [],
      appId,
      canvasId: canvas.id,
      featureId,
    })
    return canvas
  }

  announceCanvas(canvas: Canvas, userId = JANE.id): Promise<DeliveryView> {
    return this.deliver({
      type: 'v2.canvas.created',
      canvasId: canvas.id,
      featureId: canvas.featureId,
      resourceId: canvas.resourceId,
      userId,
    })
  }

  /** A run step begins: the app is asked to create the canvas itself. Resolves with the run's id. */
  openRun = async (
    featureId: string,
    userId = JANE.id,
  ): Promise<{ runId: string; delivery: DeliveryView }> => {
    const runId = uuid(this.#tenant.random)
    return { runId, delivery: await this.announcePlace({ featureId, resourceId: runId }, userId) }
  }

  /** A place outside of entries wants its canvas. */
  announcePlace(place: { featureId: string; resourceId: string }, userId = JANE.id): Promise<DeliveryView> {
    const { featureId, resourceId } = place
    return this.deliver({ type: 'v2.canvas.initialized', featureId, resourceId, userId })
  }

  /**
   * The app's homepage is opened before it has a canvas: the app is asked to create it. Which resource a homepage is to
   * Benchling, and that it asks with this message, is not documented: here it is the app itself.
   */
  openHome = (featureId: string = APP_FEATURES.home.id, userId = JANE.id): Promise<DeliveryView> =>
    this.announcePlace({ featureId, resourceId: this.#tenant.credentials.appId }, userId)

  /** A press on a button: locks the canvas and tells the app. Refused (400) on a locked canvas or button. */
  click = async (canvasId: string, buttonId: string, userId = JANE.id): Promise<DeliveryView> => {
    this.#tenant.canvases.press(canvasId, buttonId, this.#tenant.objects.nameOf(userId))
    return this.announceClick(canvasId, buttonId, userId)
  }

  announceClick(canvasId: string, buttonId: string, userId = JANE.id): Promise<DeliveryView> {
    const { featureId, resourceId } = this.#tenant.canvases.get(canvasId)
    // The real message has no resourceId (benchling-platform.md §2.4); the entry is kept for the log only.
    const message = { type: 'v2.canvas.userInteracted', buttonId, canvasId, featureId, userId }
    return this.deliver(message, { entryId: resourceId })
  }

  #event(type: string, entryId: string, updates: readonly string[] | undefined): Promise<DeliveryView> {
    const { entries, events, random, clock } = this.#tenant
    const { schema } = entries.get(entryId).api
    const event: DataEvent = {
      id: benchlingId(random, 'evt', 12),
      createdAt: clock.now(),
      type,
      entryId,
      schema,
      updates,
    }
    events.add(event)
    return this.deliver(eventMessage(event))
  }

  #send(body: Uint8Array, type: string, resourceId: unknown, id?: string): Promise<DeliveryView> {
    return this.#tenant.outbox.send({
      body,
      type,
      entryId: typeof resourceId === 'string' && resourceId.startsWith('etr_') ? resourceId : null,
      ...(id === undefined ? {} : { id }),
    })
  }
}

const messageFacts = (body: Uint8Array): { type: string; resourceId: unknown } => {
  try {
    const { message } = JSON.parse(Buffer.from(body).toString('utf8')) as { message?: WebhookMessage }
    return {
      type: typeof message?.type === 'string' ? message.type : 'unknown',
      resourceId: message?.resourceId,
    }
  } catch {
    return { type: 'unknown', resourceId: undefined }
  }
}
