import type { Pointer } from '../registry/pointers.ts'
import type { Revision } from '../registry/ports.ts'
import { totalsOf } from '../registry/prepare-draft.ts'
import type { EntryState } from './entry-state.ts'
import { confirms } from './hand-over.ts'
import type { PackageEvent } from './package-event.ts'

/** Times of events are exact to the second and come from other clocks: nearer than this the pointers tell the order. */
export const CLOCKS_DIFFER_MS = 60_000

/** An event with the revision it tells of. `at`: when it was taken, ms. */
export type News = { readonly event: PackageEvent; readonly revision: Revision; readonly at: number }

/**
 * Whether an event says something that the record of its entry does not say: `known` when it told so before, `stale` when
 * the record shows a later revision. `pointers` lists the revisions of the package, newest first.
 */
export const isNewsTo = async (
  { revision, packageName }: EntryState,
  event: PackageEvent,
  pointers: () => Promise<readonly Pointer[]>,
): Promise<'news' | 'known' | 'stale'> => {
  if (!revision || packageName !== event.name) return 'news'
  if (revision.topHash === event.topHash) return revision.announcedAt === undefined ? 'news' : 'known'
  const later = event.at - revision.publishedAt
  if (Math.abs(later) >= CLOCKS_DIFFER_MS) return later > 0 ? 'news' : 'stale'
  const order = await pointers()
  const told = order.findIndex(({ topHash }) => topHash === event.topHash)
  const shown = order.findIndex(({ topHash }) => topHash === revision.topHash)
  if (told < 0 || shown < 0) return later >= 0 ? 'news' : 'stale'
  return told < shown ? 'news' : 'stale'
}

/** What the record says after the event: that very revision, whatever `latest` names by now. */
export const afterEvent = (state: EntryState, { event, revision, at }: News): EntryState => {
  const { display_id: displayId } = revision.header.user_meta ?? {}
  const before = state.revision?.topHash === event.topHash ? state.revision : null
  const { handedOver } = state
  return {
    ...state,
    displayId: state.displayId ?? (typeof displayId === 'string' ? displayId : null),
    packageName: event.name,
    adopted: event.name,
    revision: {
      topHash: event.topHash,
      ...totalsOf(revision.entries),
      publishedAt: before?.publishedAt ?? event.at,
      unchangedAt: before?.unchangedAt ?? null,
      announcedAt: at,
    },
    handedOver: handedOver && !confirms(revision, handedOver) ? handedOver : null,
  }
}
