import type { FastifyInstance } from 'fastify'
import { badRequest } from '../api-error.ts'
import type { TenantContext } from '../context.ts'
import { apiTime } from '../entries/api-entry.ts'
import type { DataEvent } from '../event-log.ts'

const PAGE_SIZE = 50
const PAGE_MAX = 100

type Query = {
  pageSize?: string
  nextToken?: string
  startingAfter?: string
  'createdAt.gte'?: string
  eventTypes?: string
  poll?: string
}

/** Data events of the last two weeks, in the order they were processed, with the entry as it is now. */
export const addEventRoutes = (app: FastifyInstance, { events, entries }: TenantContext): void => {
  const hydrated = (event: DataEvent) => ({
    id: event.id,
    createdAt: apiTime(event.createdAt),
    eventType: event.type,
    deprecated: false,
    excludedProperties: [],
    schema: event.schema,
    entry: entries.get(event.entryId).api,
    ...(event.updates ? { updates: event.updates } : {}),
  })

  app.get<{ Querystring: Query }>('/events', async ({ query }) => {
    const size = Number(query.pageSize ?? PAGE_SIZE)
    if (!Number.isInteger(size) || size < 1 || size > PAGE_MAX) throw badRequest('pageSize must be 1 to 100.')
    const startingAfter = query.nextToken || query.startingAfter
    const since = query['createdAt.gte']
    if (!startingAfter && since === undefined) throw badRequest('Give createdAt.gte or startingAfter.')
    const createdAtGte = since === undefined ? 0 : Date.parse(since)
    if (Number.isNaN(createdAtGte)) throw badRequest(`createdAt.gte: ${since} is not a time.`)
    const found = events.after({
      createdAtGte,
      ...(startingAfter ? { startingAfter } : {}),
      ...(query.eventTypes ? { types: query.eventTypes.split(',') } : {}),
    })
    const items = found.slice(0, size)
    const last = items.at(-1)?.id ?? startingAfter ?? ''
    const more = found.length > size || query.poll === 'true'
    return { events: items.map(hydrated), nextToken: more ? last : '' }
  })
}
