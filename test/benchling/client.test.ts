import { readFileSync } from 'node:fs'
import { inspect } from 'node:util'
import { afterEach, describe, expect, it } from 'vitest'
import { openApiValidator } from '../support/openapi.ts'
import { fileHost, read } from './files.ts'
import {
  anEntry,
  apiError,
  client,
  JumpClock,
  type Reply,
  type Seen,
  signal,
  type Tenant,
  TOKEN,
  tenant,
} from './tenant.ts'

const fault = (code: string, more: object = {}) => expect.objectContaining({ code, ...more })
const api = openApiValidator()
const SIGNED = 'https://b.s3.amazonaws.com/x.zip?X-Amz-Signature=5ec3e7'

/** Every tenant of this file; after each test all that was asked of it must be what Benchling's description allows. */
let tenants: Tenant[] = []
const serving = async (routes: Record<string, Reply | ((seen: Seen) => Reply)>) => {
  const server = await tenant((seen) => {
    const route = routes[`${seen.method} ${seen.path}`]
    if (!route) return { status: 404, json: apiError('invalid_request_error', 'There is no such thing.') }
    return typeof route === 'function' ? route(seen) : route
  })
  tenants.push(server)
  return server
}

afterEach(() => {
  const asked = tenants.flatMap((t) => t.seen)
  tenants = []
  if (!api) return
  for (const { method, path, query, body } of asked)
    expect([`${method} ${path}`, api.checkRequest(method, path, query, body)]).toEqual([
      `${method} ${path}`,
      [],
    ])
})

describe('an entry', () => {
  it('is unwrapped, keeps what we do not know, and holds no signed address', async () => {
    await using server = await serving({
      'GET /entries/etr_1': {
        json: anEntry({
          brandNew: { kept: true },
          reviewRecord: {
            reviewChanges: [{ reviewSnapshot: { downloadURL: SIGNED, expiresAt: 'x', size: 1 } }],
          },
          days: [
            { notes: [{ type: 'text', text: `see ${SIGNED}`, links: [{ type: 'link', webURL: SIGNED }] }] },
          ],
        }),
      },
    })
    const entry = await client(server.base).entry('etr_1', signal)
    expect(entry).toMatchObject({ id: 'etr_1', brandNew: { kept: true } })
    expect(entry.reviewRecord).toEqual({ reviewChanges: [{ reviewSnapshot: { size: 1 } }] })
    expect(entry.days?.[0]?.notes?.[0]?.links).toEqual([{ type: 'link' }])
    expect(JSON.stringify(entry)).not.toContain('5ec3e7')
  })

  it.runIf(api)('really captured comes through as it is', async () => {
    const file = new URL(
      '../../../shared/vectors/benchling/api/quilt__GET_entries_id__real.json',
      import.meta.url,
    )
    const captured = JSON.parse(readFileSync(file, 'utf8'))
    await using server = await serving({ 'GET /entries/etr_0uKCQZ8f': { json: captured } })
    expect(await client(server.base).entry('etr_0uKCQZ8f', signal)).toEqual(captured.entry)
  })

  it('that is missing or hidden is told apart, in the words of Benchling', async () => {
    await using server = await serving({
      'GET /entries/hidden': { status: 403, json: apiError('forbidden', 'f', 'You may not.') },
    })
    await expect(client(server.base).entry('etr_gone', signal)).rejects.toEqual(
      fault('benchling.not_found', { detail: 'There is no such thing.' }),
    )
    await expect(client(server.base).entry('hidden', signal)).rejects.toEqual(
      fault('benchling.forbidden', { detail: 'You may not.' }),
    )
  })
})

describe('an export', () => {
  const succeeded = (downloadURL: string) => ({ json: { status: 'SUCCEEDED', response: { downloadURL } } })

  it('is started, asked for with growing pauses, and read', async () => {
    await using files = await fileHost(Buffer.from('zip'))
    let asked = 0
    await using server = await serving({
      'POST /exports': ({ body }) => ({
        status: 202,
        json: { taskId: `task-${(body as { id: string }).id}` },
      }),
      'GET /tasks/task-etr_1': () =>
        ++asked <= 12 ? { json: { status: 'RUNNING' } } : succeeded(`${files.base}/x?${SIGNED}`),
    })
    const clock = new JumpClock()
    const benchling = client(server.base, { clock, downloads: { hosts: [], allowOrigins: [files.base] } })
    const task = await benchling.startExport('etr_1', signal)
    expect(server.calls('/exports')[0]?.body).toEqual({ id: 'etr_1' })
    const { download, polls } = await benchling.finishedExport(task, signal)
    expect(polls).toBe(13)
    const pauses = clock.slept.map(Math.round)
    expect(pauses.slice(0, 4)).toEqual([500, 750, 1125, 1688])
    expect(pauses.at(-1)).toBe(10_000)
    expect((await read((await download.get(null, signal)).body)).toString()).toBe('zip')
    expect(inspect(download, { depth: 9, showHidden: true })).not.toContain('5ec3e7')
  })

  it('that fails is export.failed with the reason', async () => {
    await using server = await serving({
      'GET /tasks/a': { json: { status: 'FAILED', message: `Alignment not found at ${SIGNED}.` } },
      'GET /tasks/b': { json: { status: 'FAILED' } },
    })
    await expect(client(server.base).finishedExport('a', signal)).rejects.toEqual(
      fault('export.failed', { detail: 'Alignment not found at https://b.s3.amazonaws.com/x.zip' }),
    )
    await expect(client(server.base).exportTask('b', signal)).rejects.toEqual(
      fault('export.failed', { detail: undefined }),
    )
  })

  it.each([{}, null, undefined, { downloadURL: '' }])(
    'that succeeds without a link (%j) is export.failed',
    async (response) => {
      await using server = await serving({ 'GET /tasks/a': { json: { status: 'SUCCEEDED', response } } })
      await expect(client(server.base).exportTask('a', signal)).rejects.toEqual(fault('export.failed'))
    },
  )

  it('that Benchling has forgotten is export.link_expired: a new one is needed', async () => {
    await using server = await serving({})
    await expect(client(server.base).exportTask('gone', signal)).rejects.toEqual(fault('export.link_expired'))
  })

  it('that never ends is export.too_slow after 30 minutes', async () => {
    await using server = await serving({ 'GET /tasks/a': { json: { status: 'RUNNING' } } })
    const clock = new JumpClock()
    const start = clock.now()
    await expect(client(server.base, { clock }).finishedExport('a', signal)).rejects.toEqual(
      fault('export.too_slow'),
    )
    expect(clock.now() - start).toBe(30 * 60_000)
  })

  it('with a state we do not know counts as running', async () => {
    await using server = await serving({ 'GET /tasks/a': { json: { status: 'QUEUED' } } })
    expect(await client(server.base).exportTask('a', signal)).toEqual({ status: 'running' })
  })

  it('whose link died asks its task once for a fresh one', async () => {
    let asked = 0
    await using files = await fileHost(Buffer.from('zip'), (request, response) => {
      if (request.url?.startsWith('/2')) return false
      response.writeHead(403).end()
      return true
    })
    await using server = await serving({ 'GET /tasks/a': () => succeeded(`${files.base}/${++asked}`) })
    const benchling = client(server.base, { downloads: { hosts: [], allowOrigins: [files.base] } })
    const { download } = await benchling.finishedExport('a', signal)
    expect((await read((await download.get({ start: 0, end: 2 }, signal)).body)).toString()).toBe('zip')
    expect(asked).toBe(2)
  })

  it('whose link died together with its task is export.link_expired', async () => {
    await using files = await fileHost(Buffer.alloc(0), (_, response) => {
      response.writeHead(403).end()
      return true
    })
    let asked = 0
    await using server = await serving({
      'GET /tasks/a': () =>
        ++asked === 1 ? succeeded(`${files.base}/1`) : { status: 404, json: apiError('x', 'x') },
    })
    const benchling = client(server.base, { downloads: { hosts: [], allowOrigins: [files.base] } })
    const { download } = await benchling.finishedExport('a', signal)
    await expect(download.get(null, signal)).rejects.toEqual(fault('export.link_expired'))
  })
})

describe('an external file', () => {
  const path = 'GET /entries/etr_1/external-files/efl_1'
  const answer = (downloadURL: string, size: number | null = 3) => ({
    json: { externalFile: { id: 'efl_1', size, downloadURL, expiresAt: 1 } },
  })

  it('has the name that its address tells, without asking the host', async () => {
    await using files = await fileHost(Buffer.from('abc'))
    const disposition = encodeURIComponent(`attachment; filename*=UTF-8''gr%C3%B6%C3%9Fe.csv`)
    const url = `${files.base}/x?response-content-disposition=${disposition}&X-Amz-Signature=5ec3e7`
    await using server = await serving({ [path]: answer(url) })
    const benchling = client(server.base, { downloads: { hosts: [], allowOrigins: [files.base] } })
    const file = await benchling.externalFile('etr_1', 'efl_1', signal)
    expect(file).toMatchObject({ id: 'efl_1', size: 3, name: 'größe.csv' })
    expect(files.seen).toHaveLength(0)
    expect((await read((await file.download.get(null, signal)).body)).toString()).toBe('abc')
    expect(inspect(file, { depth: 9 }) + JSON.stringify(file)).not.toContain('5ec3e7')
  })

  it('has the name and size that the file itself tells', async () => {
    await using files = await fileHost(Buffer.from('abc'), (_, response) => {
      response.setHeader('content-disposition', 'attachment; filename="../hostile.csv"')
      return false
    })
    await using server = await serving({
      [path]: answer(`${files.base}/x?response-content-disposition=attachment`, null),
    })
    const benchling = client(server.base, { downloads: { hosts: [], allowOrigins: [files.base] } })
    expect(await benchling.externalFile('etr_1', 'efl_1', signal)).toMatchObject({
      size: 3,
      name: '../hostile.csv',
    })
    expect(files.seen.map((s) => [s.method, s.headers.range])).toEqual([['GET', 'bytes=0-0']])
  })

  it('whose name cannot be learnt has none', async () => {
    await using server = await serving({ [path]: answer('https://elsewhere.example/x') })
    const file = await client(server.base).externalFile('etr_1', 'efl_1', signal)
    expect([file.name, file.size]).toEqual([null, 3])
    await expect(file.download.get(null, signal)).rejects.toEqual(fault('export.host_refused'))
  })

  it('whose link died asks the API for a fresh one', async () => {
    await using files = await fileHost(Buffer.from('abc'), (request, response) => {
      if (!request.url?.startsWith('/1')) return false
      response.writeHead(403).end()
      return true
    })
    let asked = 0
    const named = '?response-content-disposition=attachment%3B%20filename%3Da.csv'
    await using server = await serving({ [path]: () => answer(`${files.base}/${++asked}${named}`) })
    const benchling = client(server.base, { downloads: { hosts: [], allowOrigins: [files.base] } })
    const { download } = await benchling.externalFile('etr_1', 'efl_1', signal)
    expect((await read((await download.get(null, signal)).body)).toString()).toBe('abc')
    expect(asked).toBe(2)
  })
})

describe('the name of a linked object', () => {
  it.each([
    ['custom_entity', 'custom-entities', 'name'],
    ['dna_sequence', 'dna-sequences', 'name'],
    ['aa_sequence', 'aa-sequences', 'name'],
    ['container', 'containers', 'name'],
    ['plate', 'plates', 'name'],
    ['box', 'boxes', undefined],
    ['location', 'locations', undefined],
  ])('of type %s is read from %s', async (type, collection, returning) => {
    await using server = await serving({ [`GET /${collection}/x_1`]: { json: { name: 'Named', id: 'x_1' } } })
    expect(await client(server.base).nameOf(type, 'x_1', signal)).toBe('Named')
    expect(server.calls()[0]?.query.returning).toBe(returning)
  })

  it('of an entry is found in its wrapping, and without', async () => {
    await using server = await serving({
      'GET /entries/etr_1': { json: { entry: { name: 'Wrapped' } } },
      'GET /entries/etr_2': { json: { name: 'Bare' } },
    })
    const benchling = client(server.base)
    expect(await benchling.nameOf('entry', 'etr_1', signal)).toBe('Wrapped')
    expect(await benchling.nameOf('entry', 'etr_2', signal)).toBe('Bare')
  })

  it('is asked for without a selection where that is refused or brings no name', async () => {
    await using server = await serving({
      'GET /entries/etr_1': ({ query }) =>
        'returning' in query ? { status: 400, json: apiError('x', 'no such field') } : { json: anEntry() },
      'GET /plates/plt_1': ({ query }) => ({ json: 'returning' in query ? {} : { name: 'Plate' } }),
    })
    const benchling = client(server.base)
    expect(await benchling.nameOf('entry', 'etr_1', signal)).toBe('An entry')
    expect(await benchling.nameOf('plate', 'plt_1', signal)).toBe('Plate')
  })

  it.each(['batch', 'user', 'request', 'workflow', 'link', 'constructor', '__proto__', ''])(
    'of type %j is null without asking',
    async (type) => {
      await using server = await serving({})
      expect(await client(server.base).nameOf(type, 'x_1', signal)).toBeNull()
      expect(server.calls()).toHaveLength(0)
    },
  )

  it('that is missing, hidden or malformed is null; trouble is not', async () => {
    await using server = await serving({
      'GET /plates/hidden': { status: 403, json: apiError('x', 'x') },
      'GET /plates/strange': { json: { name: 7 } },
      'GET /plates/trouble': { status: 500, text: '' },
    })
    const benchling = client(server.base)
    for (const id of ['gone', 'hidden', 'strange', '..'])
      expect(await benchling.nameOf('plate', id, signal)).toBeNull()
    await expect(benchling.nameOf('plate', 'trouble', signal)).rejects.toEqual(fault('benchling.unavailable'))
  })

  it('is remembered for ten minutes, its absence for one', async () => {
    let name = 'Old'
    await using server = await serving({ 'GET /plates/p': () => ({ json: { name } }) })
    const clock = new JumpClock()
    const benchling = client(server.base, { clock })
    const ask = (id: string) => benchling.nameOf('plate', id, signal)
    expect([await ask('p'), await ask('gone')]).toEqual(['Old', null])
    name = 'New'
    clock.move(59_000)
    expect([await ask('p'), await ask('gone')]).toEqual(['Old', null])
    expect(server.calls()).toHaveLength(2)
    clock.move(2_000)
    await ask('gone')
    expect(server.calls()).toHaveLength(3)
    clock.move(600_000)
    expect(await ask('p')).toBe('New')
  })
})

describe('a canvas', () => {
  const stored = {
    id: 'cnvs_1',
    app: { id: 'app_1' },
    featureId: 'feature',
    resourceId: 'etr_1',
    blocks: [{ type: 'MARKDOWN', id: 'a', value: `see ${SIGNED}` }],
    data: '{"v":1}',
    sessionId: null,
    archiveRecord: null,
  }

  it('is read without signed addresses; enabled unless it says otherwise', async () => {
    await using server = await serving({
      'GET /app-canvases/cnvs_1': { json: stored },
      'GET /app-canvases/cnvs_2': { json: { ...stored, enabled: false, archiveRecord: { reason: 'Other' } } },
    })
    const canvas = await client(server.base).canvas('cnvs_1', signal)
    expect(canvas).toMatchObject({
      id: 'cnvs_1',
      resourceId: 'etr_1',
      enabled: true,
      data: '{"v":1}',
      archived: false,
    })
    expect(JSON.stringify(canvas)).not.toContain('5ec3e7')
    expect(await client(server.base).canvas('cnvs_2', signal)).toMatchObject({
      enabled: false,
      archived: true,
    })
  })

  it('is created with what it needs, and patched with exactly what is named', async () => {
    await using server = await serving({
      'POST /app-canvases': { status: 201, json: stored },
      'PATCH /app-canvases/cnvs_1': { json: stored },
    })
    const benchling = client(server.base)
    const button = { type: 'BUTTON', id: 'u', text: 'Update package', enabled: true }
    await benchling.createCanvas(
      { appId: 'app_1', featureId: 'feature', resourceId: 'etr_1', blocks: [button], enabled: true },
      signal,
    )
    await benchling.createCanvas({ appId: 'app_1', featureId: 'feature', resourceId: 'etr_1' }, signal)
    await benchling.updateCanvas('cnvs_1', { enabled: true }, signal)
    await benchling.updateCanvas('cnvs_1', { data: null, sessionId: null }, signal)
    expect(server.calls().map((s) => s.body)).toEqual([
      { appId: 'app_1', featureId: 'feature', resourceId: 'etr_1', blocks: [button], enabled: true },
      { appId: 'app_1', featureId: 'feature', resourceId: 'etr_1', blocks: [] },
      { enabled: true },
      { data: null, sessionId: null },
    ])
  })

  it('with too much data is refused before it is sent', async () => {
    await using server = await serving({})
    const data = JSON.stringify('x'.repeat(6000))
    await expect(client(server.base).updateCanvas('cnvs_1', { data }, signal)).rejects.toEqual(
      fault('benchling.rejected'),
    )
    expect(server.seen).toHaveLength(0)
  })

  it('may be patched again after a broken answer', async () => {
    let asked = 0
    await using server = await serving({
      'PATCH /app-canvases/cnvs_1': () =>
        ++asked === 1 ? { status: 502, text: '<html>' } : { json: stored },
    })
    expect((await client(server.base).updateCanvas('cnvs_1', { enabled: true }, signal)).id).toBe('cnvs_1')
  })
})

describe('a session', () => {
  it('is created and closed with texts of the right length', async () => {
    await using server = await serving({
      'POST /app-sessions': { status: 201, json: { id: 'sesn_1', status: 'RUNNING' } },
      'PATCH /app-sessions/sesn_1': { json: { id: 'sesn_1', status: 'SUCCEEDED' } },
    })
    const benchling = client(server.base)
    const messages = [{ content: 'x'.repeat(400), style: 'INFO' as const }]
    expect(
      await benchling.createSession(
        { appId: 'app_1', name: 'x'.repeat(200), timeoutSeconds: 0, messages },
        signal,
      ),
    ).toEqual({
      id: 'sesn_1',
    })
    await benchling.updateSession('sesn_1', { status: 'SUCCEEDED' }, signal)
    const [created, closed] = server.calls()
    expect(created?.body).toMatchObject({ timeoutSeconds: 1, messages: [{ style: 'INFO' }] })
    expect(closed?.body).toEqual({ status: 'SUCCEEDED' })
  })
})

describe('the token request', () => {
  it.runIf(api)('is what the description says', async () => {
    await using server = await serving({ 'GET /entries/etr_1': { json: anEntry() } })
    await client(server.base).entry('etr_1', signal)
    expect(api!.checkRequest('POST', '/token', {}, server.calls('/token')[0]?.body)).toEqual([])
    expect(api!.checkResponse('POST', '/token', 200, TOKEN)).toEqual([])
  })
})
