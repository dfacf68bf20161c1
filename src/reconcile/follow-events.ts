import { Fault } from '../base/fault.ts'
import { faultFields } from '../base/log.ts'
import type { EntryEvent } from '../benchling/ports.ts'
import { eventCause } from '../packaging/found-cause.ts'
import { examine } from './examine.ts'
import { secondOf } from './instant.ts'
import type { Look } from './look.ts'
import { OVERLAP_S } from './overlap.ts'

/** What the app is subscribed to of entries. */
const TYPES = ['v2.entry.created', 'v2.entry.updated.fields', 'v2.entry.updated.reviewRecord']

/** Events carry their whole entry, so fewer than a list could hold fit into one answer. */
const EVENTS_PER_PAGE = 25

type From = { readonly after: string } | { readonly since: number }

/**
 * Follows the events since the mark. Their order never changes, so the last one read is an exact mark. Where Benchling no longer
 * knows it (events are kept about two weeks), what is left of that time is read again. Returns whether the end was reached.
 */
export const followEvents = async (look: Look, horizon: number): Promise<boolean> => {
  const { eventsAfter, eventsUntil } = look.marks
  const early: From = { since: (eventsUntil ?? horizon) - OVERLAP_S }
  let from: From = eventsAfter === null ? early : { after: eventsAfter }
  let forgotten = 0
  for (;;) {
    const page = await readPage(look, from, horizon)
    if (page === 'forgotten') {
      if (from === early || ++forgotten > 1)
        throw new Fault('benchling.rejected', { reason: 'events are refused by mark and by time' })
      from = early
      continue
    }
    if (page === 'too large') return true
    for (const event of newestOf(page.items))
      await examine(look, { entryId: event.entryId, modifiedAt: null, cause: eventCause(event) })
    if (!page.last) return true
    from = { after: page.last.id }
    const until = Math.max(look.marks.eventsUntil ?? 0, secondOf(page.last.createdAt))
    await look.mark({ eventsAfter: page.last.id, eventsUntil: until })
    if (!page.more) return true
    if (look.timeIsUp) return false
  }
}

const FORGOTTEN: ReadonlySet<string> = new Set(['benchling.rejected', 'benchling.not_found'])

const readPage = async (look: Look, from: From, horizon: number) => {
  for (const pageSize of [EVENTS_PER_PAGE, 1]) {
    try {
      const page = await look.ask((benchling, signal) =>
        benchling.events({ from, types: TYPES, pageSize }, signal),
      )
      look.count('notUnderstood', page.left)
      return page
    } catch (thrown) {
      if (!(thrown instanceof Fault)) throw thrown
      if (FORGOTTEN.has(thrown.code)) {
        look.job.log.warn(faultFields(thrown), 'the mark among the events is no longer known')
        return 'forgotten'
      }
      if (thrown.facts.reason !== 'too large') throw thrown
    }
  }
  // Whatever one event carries must not hold up those after it; the entry's own time tells of its change, too.
  look.job.log.warn(
    { horizon },
    'an event is too large to be read: those up to now are left to the list of entries',
  )
  await look.mark({ eventsAfter: null, eventsUntil: horizon })
  return 'too large'
}

/** Of each entry the newest event; those of archived ones ask for nothing. */
const newestOf = (events: readonly EntryEvent[]): EntryEvent[] => {
  const newest = new Map<string, EntryEvent>()
  for (const event of events) {
    const known = newest.get(event.entryId)
    if (!known || known.createdAt <= event.createdAt) newest.set(event.entryId, event)
  }
  return [...newest.values()].filter(({ archived }) => !archived)
}
