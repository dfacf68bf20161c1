import { type CanvasState, NEW_CANVAS } from '../canvas/canvas-state.ts'
import { followButton } from '../canvas/follow.ts'
import type { PlaceState } from '../canvas/place-state.ts'
import type { Cause, Delivery, Key, Subject, Touch } from '../jobs/ports.ts'
import { press, touch } from '../jobs/subject.ts'
import { NEW_ENTRY } from '../packaging/entry-state.ts'
import type { Request } from './request.ts'

/** What a delivery comes to: how it is recorded, and which subjects it touches. */
export type Plan = { readonly outcome: Delivery['outcome']; readonly touches: readonly Touch[] }

/** Presses that a canvas remembers until its run knows the entry; one run answers all of them. */
const PENDING_MAX = 8

/** The record that `plan` wants to see, because a click does not say which entry it belongs to. */
export const recordToRead = (request: Request): Key | null =>
  request.kind === 'click' || request.kind === 'canvas' ? `canvas:${request.canvasId}` : null

/**
 * What a request does to the records. Pure; the touches are applied in the transaction that records the delivery.
 * `record` is the canvas as it was a moment ago: if its entry becomes known meanwhile, the pending press still finds it.
 */
export const plan = (
  request: Request,
  context: { readonly appId: string; readonly cause: Cause; readonly record: Subject | null },
): Plan => {
  const { cause, appId } = context
  switch (request.kind) {
    case 'entry':
      return { outcome: 'accepted', touches: [entryTouch(request.entryId, cause, 'touch')] }
    case 'place':
      return { outcome: 'accepted', touches: [placeTouch(request, appId, cause)] }
    case 'canvas': {
      const entryId = request.entryId ?? entryOf(context.record)
      const canvas = canvasTouch(request, cause, entryId, (state) => ({
        ...located(state, request, appId),
        entryId: state.entryId ?? entryId,
        pendingInsert: entryId === null ? cause.delivery : null,
      }))
      const touches = entryId === null ? [canvas] : [canvas, entryTouch(entryId, cause, 'touch')]
      return { outcome: 'accepted', touches }
    }
    case 'click':
      return planClick(request, context)
    case 'lifecycle':
      return { outcome: 'noted', touches: [] }
    case 'other':
      return { outcome: 'ignored', touches: [] }
  }
}

/** Every click disables the canvas in Benchling, so every click touches it: its run draws it and enables it again. */
const planClick = (
  request: Extract<Request, { kind: 'click' }>,
  { cause, appId, record }: { appId: string; cause: Cause; record: Subject | null },
): Plan => {
  const { button } = request
  const known = entryOf(record)
  const updates = button.kind === 'update' || button.kind === 'retry'
  const entryId = updates ? (known ?? namedEntry(button.entryId, record)) : null
  const canvas = canvasTouch(request, cause, known, (state) => ({
    ...followButton(located(state, request, appId), button, cause.at),
    pendingUpdates: updates && entryId === null ? pending(state, cause) : state.pendingUpdates,
  }))
  return {
    outcome: button.kind === 'unknown' ? 'ignored' : 'accepted',
    touches: entryId === null ? [canvas] : [canvas, entryTouch(entryId, cause, 'press')],
  }
}

const entryTouch = (entryId: string, cause: Cause, how: 'touch' | 'press'): Touch => ({
  key: `entry:${entryId}`,
  initial: NEW_ENTRY,
  change: (subject) => (how === 'press' ? press(subject, cause) : touch(subject, cause)),
})

const canvasTouch = (
  { canvasId }: { canvasId: string },
  cause: Cause,
  entryId: string | null,
  fold: (state: CanvasState) => CanvasState,
): Touch => ({
  key: `canvas:${canvasId}`,
  initial: NEW_CANVAS,
  change: (subject) => press({ ...subject, state: fold(subject.state as CanvasState) }, cause),
  ...(entryId === null ? {} : { watch: [`entry:${entryId}`] }),
})

const placeTouch = (
  { featureId, resourceId }: { featureId: string; resourceId: string },
  appId: string,
  cause: Cause,
): Touch => ({
  key: `place:${featureId}:${resourceId}`,
  initial: { appId, featureId, resourceId, canvasId: null } satisfies PlaceState,
  change: (subject) => press(subject, cause),
})

const located = (state: CanvasState, request: { featureId: string | null }, appId: string): CanvasState => ({
  ...state,
  appId,
  featureId: request.featureId ?? state.featureId,
})

const pending = (state: CanvasState, cause: Cause): readonly string[] =>
  [...state.pendingUpdates.filter((id) => id !== cause.delivery), cause.delivery].slice(-PENDING_MAX)

/** The entry that a button of the known system names, unless the canvas is known to sit in none. */
const namedEntry = (entryId: string | null, record: Subject | null): string | null =>
  record && (record.state as CanvasState).located ? null : entryId

const entryOf = (record: Subject | null): string | null =>
  record ? (record.state as CanvasState).entryId : null
