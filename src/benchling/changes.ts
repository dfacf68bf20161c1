import { z } from 'zod'
import { Fault } from '../base/fault.ts'
import type { Json } from '../base/json.ts'
import { checked, type Operation } from './answer.ts'
import type { Api } from './api.ts'
import { LIST_PAGE_MAX } from './limits.ts'
import type { BenchlingChanges, EntryEvent, EntryModified } from './ports.ts'

const LIST = 'GET /entries'
const EVENTS = 'GET /events'

/** What tells that an entry changed; without the bodies, which may have megabytes. */
const RETURNING = 'entries.id,entries.modifiedAt'

const entryId = z.string().regex(/^[A-Za-z0-9_-]{1,128}$/)
const time = z.string().refine((text) => !Number.isNaN(Date.parse(text)))

const list = z.object({ entries: z.array(z.json()), nextToken: z.string().nullish() })
const dated = z.object({ modifiedAt: time })
const modified = z.object({ id: entryId, modifiedAt: time })

const eventList = z.object({ events: z.array(z.json()), nextToken: z.string().nullish() })
const anyEvent = z.object({ id: z.string().min(1), createdAt: time })
const entryEvent = z.object({
  id: z.string().min(1),
  createdAt: time,
  eventType: z.string().min(1),
  entry: z.object({ id: entryId, archiveRecord: z.json().optional() }),
})

/**
 * What changed in the tenant (shared facts: Benchling v2 OpenAPI, `GET /entries`, `GET /events`). Items of a page that
 * are not understood are left out and counted, so that one of them stops nobody; a page of nothing else is a fault.
 */
export const changesOf = (api: Api): BenchlingChanges => {
  const get = (operation: Operation, query: Record<string, string>, signal: AbortSignal): Promise<Json> =>
    api.call(
      { operation, method: 'GET', path: [operation.slice('GET /'.length)], query, repeat: 'always' },
      signal,
    )

  return {
    entriesModifiedSince: async ({ since, token }, signal) => {
      const query = {
        modifiedAt: `> ${rfc3339(since)}`,
        sort: 'modifiedAt:asc',
        pageSize: String(LIST_PAGE_MAX),
        ...(token === undefined ? {} : { nextToken: token }),
      }
      const ask = async (more: Record<string, string>) =>
        checked(list, LIST, await get(LIST, { ...query, ...more }, signal))
      let page = await ask({ returning: RETURNING })
      // A tenant that leaves the token out together with what was not asked for is asked for everything.
      if (page.entries.length >= LIST_PAGE_MAX && page.nextToken == null) page = await ask({})
      someOf(LIST, page.entries, dated)
      return { ...understood<EntryModified>(page.entries, modified), next: page.nextToken || null }
    },

    newestModification: async (signal) => {
      const query = { sort: 'modifiedAt:desc', pageSize: '1', returning: RETURNING }
      const page = checked(list, LIST, await get(LIST, query, signal))
      return someOf(LIST, page.entries, dated)[0]?.modifiedAt ?? null
    },

    events: async ({ from, types, pageSize }, signal) => {
      const query = {
        ...('after' in from ? { startingAfter: from.after } : { 'createdAt.gte': rfc3339(from.since) }),
        eventTypes: types.join(','),
        pageSize: String(pageSize),
      }
      const page = checked(eventList, EVENTS, await get(EVENTS, query, signal))
      const last = someOf(EVENTS, page.events, anyEvent).at(-1)
      const { items, left } = understood(page.events, entryEvent)
      const events = items.map(
        ({ id, createdAt, eventType, entry }): EntryEvent => ({
          id,
          createdAt,
          type: eventType,
          entryId: entry.id,
          archived: entry.archiveRecord != null,
        }),
      )
      return { items: events, left, last: last ?? null, more: Boolean(page.nextToken) }
    },
  }
}

const rfc3339 = (seconds: number): string => new Date(seconds * 1000).toISOString().replace('.000Z', 'Z')

const understood = <T>(items: readonly Json[], schema: z.ZodType<T>): { items: T[]; left: number } => {
  const read = items.flatMap((item) => {
    const result = schema.safeParse(item)
    return result.success ? [result.data] : []
  })
  return { items: read, left: items.length - read.length }
}

/** A page in which nothing has what every item had so far is an answer of another form. */
const someOf = <T>(operation: Operation, items: readonly Json[], schema: z.ZodType<T>): T[] => {
  const read = understood(items, schema).items
  if (read.length > 0 || items.length === 0) return read
  throw new Fault('benchling.unexpected_answer', { operation, reason: 'nothing in it is understood' })
}
