import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import { badRequest } from '../api-error.ts'
import type { TenantContext } from '../context.ts'
import type { ApiEntry } from '../entries/api-entry.ts'
import { bodyOf } from './body.ts'
import { page } from './paging.ts'
import { returning } from './returning.ts'

/** How long a link to an external file is good; "short-lived" in the documentation, not said how long. */
export const FILE_LINK_SECONDS = 3600

type ListQuery = {
  pageSize?: string
  nextToken?: string
  sort?: string
  modifiedAt?: string
  ids?: string
  displayIds?: string
  name?: string
  returning?: string
}

const update = z.strictObject({
  name: z.string().optional(),
  folderId: z.string().optional(),
  authorIds: z.union([z.string(), z.array(z.string())]).optional(),
  schemaId: z.string().optional(),
  fields: z
    .record(z.string(), z.looseObject({ value: z.union([z.string(), z.number(), z.boolean()]).nullable() }))
    .optional(),
})

/** Entries and their files. `saved` tells the app about fields that it changed itself, as Benchling does. */
export const addEntryRoutes = (
  app: FastifyInstance,
  tenant: TenantContext,
  saved: (entryId: string) => void,
): void => {
  const { entries, links, clock, faults } = tenant

  app.get<{ Params: { id: string }; Querystring: { returning?: string } }>(
    '/entries/:id',
    async ({ params, query }) => returning({ entry: entries.get(params.id).api }, query.returning, 'entry'),
  )

  app.patch<{ Params: { id: string } }>('/entries/:id', async ({ params, body }) => {
    const { name, folderId, fields } = bodyOf(update, body)
    entries.get(params.id)
    const values = Object.entries(fields ?? {}).map(([field, { value }]) => [field, value] as const)
    const { api } = entries.update(params.id, {
      ...(name === undefined ? {} : { name }),
      ...(folderId === undefined ? {} : { folderId }),
      fields: Object.fromEntries(values),
    })
    saved(params.id)
    return api
  })

  app.get<{ Querystring: ListQuery }>('/entries', async ({ query }) => {
    const found = entries
      .list()
      .map(({ api }) => api)
      .filter(matching(query))
      .toSorted(order(query.sort ?? 'modifiedAt'))
    const { items, nextToken } = page(found, query)
    const fields = query.returning ? `${query.returning},nextToken` : undefined
    return returning({ entries: items, nextToken }, fields)
  })

  app.get<{ Params: { id: string; file: string } }>(
    '/entries/:id/external-files/:file',
    async ({ params }) => {
      const file = entries.attachment(params.id, params.file)
      const lifetime = FILE_LINK_SECONDS
      const at = faults.strikes('expired-links') ? clock.now() - (lifetime + 1) * 1000 : clock.now()
      return {
        externalFile: {
          id: file.id,
          size: file.content.size,
          downloadURL: links.sign(tenant.origin(), {
            path: `/download/files/${encodeURIComponent(params.id)}/${encodeURIComponent(file.id)}`,
            fileName: file.name,
            expiresSeconds: lifetime,
            at,
          }),
          expiresAt: Math.floor(at / 1000) + lifetime,
        },
      }
    },
  )
}

const matching = ({ ids, displayIds, name, modifiedAt }: ListQuery) => {
  const wantedIds = ids?.split(',')
  const wantedDisplayIds = displayIds?.split(',')
  const inTime = timeFilter(modifiedAt)
  return (entry: ApiEntry): boolean =>
    (wantedIds?.includes(entry.id) ?? true) &&
    (wantedDisplayIds?.includes(entry.displayId) ?? true) &&
    (name === undefined || entry.name === name) &&
    inTime(Date.parse(entry.modifiedAt))
}

/** `> 2017-04-30`, `<2017-04-30T12:00:00Z`, or a day (UTC). */
const timeFilter = (text: string | undefined): ((at: number) => boolean) => {
  if (text === undefined) return () => true
  const [, sign, time = ''] = /^\s*([<>]=?|=)?\s*(.+?)\s*$/.exec(text) ?? []
  const bound = Date.parse(time)
  if (Number.isNaN(bound)) throw badRequest(`modifiedAt: ${text} is not a time.`)
  if (sign === '>') return (at) => at > bound
  if (sign === '>=') return (at) => at >= bound
  if (sign === '<') return (at) => at < bound
  if (sign === '<=') return (at) => at <= bound
  return (at) => at >= bound && at < bound + 24 * 3600_000
}

const SORTED = { modifiedAt: 'modifiedAt', createdAt: 'createdAt', name: 'name' } as const

/** `modifiedAt`, `modifiedAt:asc`, `name:desc`; times newest first unless said otherwise. */
const order = (sort: string) => {
  const [key, direction] = sort.split(':')
  if (!Object.hasOwn(SORTED, key!) || (direction && direction !== 'asc' && direction !== 'desc'))
    throw badRequest(`sort: ${sort} is not supported.`)
  const field = SORTED[key as keyof typeof SORTED]
  const sign = (direction ?? (field === 'name' ? 'asc' : 'desc')) === 'asc' ? 1 : -1
  return (a: ApiEntry, b: ApiEntry): number =>
    sign * (a[field] < b[field] ? -1 : a[field] > b[field] ? 1 : a.id < b.id ? -1 : 1)
}
