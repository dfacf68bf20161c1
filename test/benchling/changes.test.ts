import { describe, expect, test } from 'vitest'
import { client as clientOf, type Reply, type Seen, signal, tenant } from './tenant.ts'

const SINCE = Date.UTC(2026, 3, 15, 14, 25, 3) / 1000
const MODIFIED = '2026-04-15T14:25:03.035271+00:00'

const answering = async (answer: (seen: Seen) => Reply) => {
  const its = await tenant(answer)
  return { its, client: clientOf(its.base) }
}

describe('The entries modified since a second', () => {
  test('are asked for in order of their change, without their bodies, page by page', async () => {
    const { its, client } = await answering(({ query }) => ({
      json: {
        entries: [{ id: 'etr_1', modifiedAt: MODIFIED, name: 'not asked for' }],
        nextToken: query.nextToken ? '' : 'tok/2',
      },
    }))
    await using _ = its
    const first = await client.entriesModifiedSince({ since: SINCE }, signal)
    expect(first).toEqual({ items: [{ id: 'etr_1', modifiedAt: MODIFIED }], left: 0, next: 'tok/2' })
    expect((await client.entriesModifiedSince({ since: SINCE, token: 'tok/2' }, signal)).next).toBeNull()
    const query = {
      modifiedAt: '> 2026-04-15T14:25:03Z',
      sort: 'modifiedAt:asc',
      pageSize: '100',
      returning: 'entries.id,entries.modifiedAt',
    }
    expect(its.calls('/entries').map((seen) => seen.query)).toEqual([query, { ...query, nextToken: 'tok/2' }])
    await client.close()
  })

  test('are asked for whole where the token is left out together with what was not asked for', async () => {
    const entries = Array.from({ length: 100 }, (_, n) => ({ id: `etr_${n}`, modifiedAt: MODIFIED }))
    const { its, client } = await answering(({ query }) => ({
      json: query.returning ? { entries } : { entries, nextToken: 'more' },
    }))
    await using _ = its
    expect((await client.entriesModifiedSince({ since: SINCE }, signal)).next).toBe('more')
    await client.close()
  })

  test('that are not understood are left out and counted, until nothing else is there', async () => {
    const odd = [{ id: 'a/b', modifiedAt: MODIFIED }, { id: 'etr_2', modifiedAt: 'yesterday' }, null]
    let entries: unknown[] = [...odd, { id: 'etr_1', modifiedAt: MODIFIED }]
    const { its, client } = await answering(() => ({ json: { entries } }))
    await using _ = its
    const page = await client.entriesModifiedSince({ since: SINCE }, signal)
    expect(page).toEqual({ items: [{ id: 'etr_1', modifiedAt: MODIFIED }], left: 3, next: null })
    entries = [{ id: 'etr_1' }, { id: 'etr_2', modifiedAt: 7 }]
    const refused = client.entriesModifiedSince({ since: SINCE }, signal)
    await expect(refused).rejects.toMatchObject({ code: 'benchling.unexpected_answer' })
    await client.close()
  })

  test('have a newest one, or none', async () => {
    let entries: unknown[] = [{ id: 'etr_1', modifiedAt: MODIFIED }]
    const { its, client } = await answering(() => ({ json: { entries, nextToken: '' } }))
    await using _ = its
    expect(await client.newestModification(signal)).toBe(MODIFIED)
    expect(its.calls('/entries')[0]?.query).toMatchObject({ sort: 'modifiedAt:desc', pageSize: '1' })
    entries = []
    expect(await client.newestModification(signal)).toBeNull()
    await client.close()
  })
})

describe('Events', () => {
  const event = (id: string, more: object = {}) => ({
    id,
    createdAt: MODIFIED,
    eventType: 'v2.entry.created',
    deprecated: false,
    entry: { id: 'etr_1', archiveRecord: null, days: [] },
    ...more,
  })
  const types = ['v2.entry.created', 'v2.entry.updated.fields']

  test('are asked for from a second on, or after another one', async () => {
    const { its, client } = await answering(() => ({
      json: { events: [event('evt_1')], nextToken: 'evt_1' },
    }))
    await using _ = its
    const page = await client.events({ from: { since: SINCE }, types, pageSize: 25 }, signal)
    expect(page).toEqual({
      items: [
        { id: 'evt_1', type: 'v2.entry.created', createdAt: MODIFIED, entryId: 'etr_1', archived: false },
      ],
      left: 0,
      last: { id: 'evt_1', createdAt: MODIFIED },
      more: true,
    })
    await client.events({ from: { after: 'evt_1' }, types, pageSize: 1 }, signal)
    const eventTypes = 'v2.entry.created,v2.entry.updated.fields'
    expect(its.calls('/events').map(({ query }) => query)).toEqual([
      { 'createdAt.gte': '2026-04-15T14:25:03Z', eventTypes, pageSize: '25' },
      { startingAfter: 'evt_1', eventTypes, pageSize: '1' },
    ])
    await client.close()
  })

  test('of other kinds and forms are passed over, and still are the mark', async () => {
    const { its, client } = await answering(() => ({
      json: {
        events: [
          event('evt_1', { entry: { id: 'etr_1', archiveRecord: { reason: 'Retired' } } }),
          event('evt_2', { eventType: 'v3.something', entry: undefined, plate: { id: 'plt_1' } }),
          { id: 7 },
        ],
        nextToken: '',
      },
    }))
    await using _ = its
    const page = await client.events({ from: { since: SINCE }, types, pageSize: 25 }, signal)
    expect(page).toMatchObject({ left: 2, last: { id: 'evt_2' }, more: false })
    expect(page.items).toMatchObject([{ id: 'evt_1', archived: true }])
    await client.close()
  })
})
