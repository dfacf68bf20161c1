import { request } from 'node:http'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { PageEvent } from '../../src/simulator/page-contract.ts'
import { TOM } from '../../src/simulator/samples/people.ts'
import type { ServiceActivity, ServiceView } from '../../src/simulator/service-view.ts'
import { startTenant, type Tenant } from '../../src/simulator/tenant.ts'
import type { Loose } from './support/app.ts'
import { startReceiver } from './support/receiver.ts'

const ENTRY = 'etr_8Qk2RmZa'
const GALACTOSIDASE = 'etr_b5TyH0Xc'
let tenant: Tenant
let receiver: Awaited<ReturnType<typeof startReceiver>>
const listeners = new Set<(activity: ServiceActivity) => void>()

const service: ServiceView = {
  ready: async () => ({ ready: true, detail: 'folder registry', version: '1.0.0' }),
  timeline: async (entryId) => [
    { id: '1', at: 0, ms: 3, state: 'done', title: entryId, detail: null, run: null, progress: null },
  ],
  package: async (entryId) =>
    entryId === ENTRY
      ? { name: 'a/b', topHash: 'f00', verified: true, files: [], bytes: 0, revisions: [], open: 'quilt3' }
      : null,
  file: async (name, topHash, key) => {
    if (`${name} ${topHash}` !== 'a/b f00') return null
    const bytes = Buffer.from(`<script>${key}</script>`)
    return {
      size: bytes.length,
      chunks: (async function* () {
        yield bytes
      })(),
    }
  },
  onActivity: (listener) => {
    listeners.add(listener)
    return () => listeners.delete(listener)
  },
}

beforeEach(async () => {
  receiver = await startReceiver()
  tenant = await startTenant({ exportMs: 0, page: false, webhookUrl: receiver.url, service })
})
afterEach(async () => {
  await tenant.close()
  await receiver.close()
})

const HEADER = { 'x-simulator-page': '1' }
const call = async (
  method: string,
  path: string,
  body?: unknown,
  headers: Record<string, string> = HEADER,
) => {
  const raw = Buffer.isBuffer(body)
  const answer = await fetch(`${tenant.url}/simulator/api/${path}`, {
    method,
    headers: {
      ...headers,
      ...(body === undefined
        ? {}
        : { 'content-type': raw ? 'application/octet-stream' : 'application/json' }),
    },
    ...(body === undefined ? {} : { body: raw ? Uint8Array.from(body) : JSON.stringify(body) }),
  })
  return { status: answer.status, json: (await answer.json()) as Loose }
}

describe('the page’s API', () => {
  it('shows the tenant, its entries newest first, faults, keys and the service', async () => {
    const { json } = await call('GET', 'state')
    expect(json.tenant).toMatchObject({
      host: 'acme.benchling.test',
      webhookUrl: receiver.url,
      routing: 'suffixed',
    })
    expect(json.entries.map((e: Loose) => e.displayId)).toEqual(['EXP25000088', 'EXP25000087', 'EXP25000086'])
    expect(json.faults.every((f: Loose) => f.on === false && f.label && f.description)).toBe(true)
    expect(json.keys.keyIds).toHaveLength(2)
    expect(json.service).toEqual({ ready: true, detail: 'folder registry', version: '1.0.0' })
    expect(JSON.stringify(json)).not.toContain(tenant.credentials.clientSecret)
  })

  it('shows an entry with names for what it links', async () => {
    const { json } = await call('GET', `entries/${GALACTOSIDASE}`)
    expect(json.days[0].notes[0].links.map((l: Loose) => l.label)).toEqual([
      'pLacZ-β-Gal',
      'Søren Ångström',
      'EXP25000088',
    ])
    expect(json.fields.find((f: Loose) => f.name === 'Proben')).toMatchObject({
      display: 'QB-2743.1, HEK293T clone 7',
      editable: false,
    })
    const table = json.days[0].notes.find((n: Loose) => n.kind === 'table')
    expect(table.rows[0][1]).toMatchObject({ text: 'HEK293T clone 7', link: { type: 'custom_entity' } })
  })

  it('saves fields, text and cells, and tells the app about fields only', async () => {
    const { json } = await call('POST', `entries/${ENTRY}/save`, {
      name: 'Titration, repeated',
      fields: { Replicates: 6, Project: 'Kinetics' },
      notes: [
        { day: 0, index: 0, text: 'Changed.' },
        { day: 0, index: 1, cells: [{ row: 0, column: 1, text: '0.7' }] },
      ],
      append: [{ kind: 'table', name: 'extra', columns: ['a'], rows: [['1']] }],
    })
    expect(json.entry).toMatchObject({ name: 'Titration, repeated' })
    expect(json.entry.days[0].notes[0].text).toBe('Changed.')
    expect(json.entry.days[0].notes[1].rows[0][1].text).toBe('0.7')
    expect(json.entry.days[0].notes.at(-1)).toMatchObject({ kind: 'table', name: 'extra' })
    await receiver.arrived(1)
    expect(receiver.received[0]!.headers['webhook-id']).toBe(json.deliveryId)
    expect(receiver.received[0]!.json.message.updates).toEqual(['fields.Replicates', 'fields.Project'])

    const again = await call('POST', `entries/${ENTRY}/save`, {
      notes: [{ day: 0, index: 0, text: 'Again.' }],
    })
    expect(again.json.deliveryId).toBeNull()
  })

  it('refuses edits that do not fit', async () => {
    const save = (edit: unknown) => call('POST', `entries/${ENTRY}/save`, edit)
    expect((await save({ notes: [{ day: 4, index: 0, text: 'x' }] })).status).toBe(400)
    expect(
      (await save({ notes: [{ day: 0, index: 1, cells: [{ row: 99, column: 0, text: 'x' }] }] })).status,
    ).toBe(400)
    expect((await save({ fields: { Replicates: 'many' } })).json.error.userMessage).toContain('not a number')
    expect((await save({ colour: 'red' })).status).toBe(400)
    const named = `entries/${ENTRY}/attachments?name=${encodeURIComponent('../up.txt')}`
    expect((await call('POST', named, Buffer.from('x'))).status).toBe(400)
    expect((await call('POST', 'entries/etr_nothing1/save', {})).status).toBe(404)
  })

  it('makes a new entry and announces it', async () => {
    const { json } = await call('POST', 'entries', { name: 'Neue Messung' })
    expect(json.displayId).toBe('EXP25000089')
    await receiver.arrived(1)
    expect(receiver.received[0]!.json.message).toMatchObject({
      type: 'v2.entry.created',
      resourceId: json.id,
    })
  })

  it('takes, shows and removes attachments', async () => {
    const html = Buffer.from('<script>alert(1)</script>')
    const path = `entries/${ENTRY}/attachments`
    const { json } = await call('POST', `${path}?name=${encodeURIComponent('nötes.html')}`, html)
    const { attachment } = json.days[0].notes.at(-1)
    expect(attachment).toMatchObject({ name: 'nötes.html', size: html.length, scanned: true })
    const shown = await fetch(`${tenant.url}/simulator/api/${path}/${attachment.id}`)
    expect(shown.headers.get('content-type')).toBe('text/plain; charset=utf-8')
    expect(shown.headers.get('content-security-policy')).toContain('sandbox')
    expect(await shown.text()).toBe(html.toString())
    const after = await call('DELETE', `${path}/${attachment.id}`)
    expect(after.json.attachments).toBe(4)
    expect((await call('GET', `${path}/${attachment.id}`)).status).toBe(404)
  })

  it('inserts a canvas and presses its buttons', async () => {
    const { json } = await call('POST', `entries/${ENTRY}/canvases`)
    expect(json).toMatchObject({ waiting: true, enabled: false, entryId: ENTRY })
    const blocks = [
      { type: 'TEXT_INPUT', id: 'why', label: 'Why', value: null },
      { type: 'BUTTON', id: 'up', text: 'Update' },
    ]
    tenant.canvases.change(json.id, { blocks, enabled: true })
    const filled = await call('POST', `canvases/${json.id}/inputs`, { values: { why: 'so' } })
    expect(filled.json.blocks[0].value).toBe('so')
    const clicked = await call('POST', `canvases/${json.id}/click`, { buttonId: 'up' })
    expect(clicked.json.enabled).toBe(false)
    await receiver.arrived(2)
    const refused = await call('POST', `canvases/${json.id}/click`, { buttonId: 'up' })
    expect([refused.status, refused.json.error.userMessage]).toEqual([
      400,
      expect.stringContaining('disabled'),
    ])
  })

  it('tells who pressed, until the app has drawn the canvas again', async () => {
    const { json } = await call('POST', `entries/${ENTRY}/canvases`, { userId: TOM.id })
    await receiver.arrived(1)
    expect(receiver.received[0]!.json.message).toMatchObject({ canvasId: json.id, userId: TOM.id })
    const blocks = [{ type: 'BUTTON', id: 'browse', text: 'Browse files' }]
    tenant.canvases.change(json.id, { blocks, enabled: true })
    const clicked = await call('POST', `canvases/${json.id}/click`, { buttonId: 'browse', userId: TOM.id })
    expect(clicked.json.pressed).toEqual({ by: 'Tom Okafor', text: 'Browse files' })
    await receiver.arrived(2)
    expect(receiver.received[1]!.json.message).toMatchObject({ buttonId: 'browse', userId: TOM.id })
    expect(tenant.canvases.change(json.id, { blocks }).pressed).not.toBeNull()
    const drawn = tenant.canvases.change(json.id, { enabled: true })
    expect(drawn.pressed).toBeNull()
    expect(drawn.serial).toBeGreaterThan(clicked.json.serial)
  })

  it('opens places outside of entries, and asks the app for their canvas until there is one', async () => {
    const home = await call('POST', 'places', { kind: 'home', userId: TOM.id })
    expect(home.json).toMatchObject({ kind: 'home', canvas: null })
    await receiver.arrived(1)
    const { featureId, resourceId } = home.json
    expect(receiver.received[0]!.json.message).toMatchObject({
      type: 'v2.canvas.initialized',
      featureId,
      resourceId,
      userId: TOM.id,
    })
    await call('POST', 'places', { kind: 'home' })
    await receiver.arrived(2)
    const { appId } = tenant.credentials
    const made = tenant.canvases.create({ appId, featureId, resourceId, blocks: [], enabled: true })
    const again = await call('POST', 'places', { kind: 'home' })
    expect(again.json.canvas.id).toBe(made.id)

    const run = await call('POST', 'places', { kind: 'run' })
    await receiver.arrived(3)
    const other = await call('POST', 'places', { kind: 'run', another: true })
    await receiver.arrived(4)
    expect(receiver.received).toHaveLength(4)
    expect(new Set([resourceId, run.json.resourceId, other.json.resourceId]).size).toBe(3)
    const { places } = (await call('GET', 'state')).json
    expect(places.map((p: Loose) => p.resourceId)).toEqual([resourceId, other.json.resourceId])
    expect((await call('POST', 'places', { kind: 'home', another: true })).status).toBe(400)
    expect((await call('POST', 'places', { kind: 'moon' })).status).toBe(400)
  })

  it('switches faults and rotates keys', async () => {
    await call('POST', 'faults', { name: 'rate-limited', on: 3 })
    expect(tenant.faults.all().find(({ name }) => name === 'rate-limited')).toMatchObject({
      on: true,
      left: 3,
    })
    expect((await call('POST', 'faults', { name: 'gravity', on: true })).status).toBe(400)
    const before = (await call('GET', 'state')).json.keys.keyIds
    const { json } = await call('POST', 'keys/rotate')
    expect(json.keyIds).not.toEqual(before)
  })

  it('reads the service’s side through its port', async () => {
    expect((await call('GET', `service/entries/${ENTRY}/timeline`)).json[0].title).toBe(ENTRY)
    expect((await call('GET', `service/entries/${ENTRY}/package`)).json.name).toBe('a/b')
    expect((await call('GET', 'service/entries/etr_none/package')).json).toBeNull()
    const file = await fetch(
      `${tenant.url}/simulator/api/service/file?package=a/b&topHash=f00&key=x/README.md`,
    )
    expect(file.headers.get('content-type')).toBe('text/plain; charset=utf-8')
    expect(await file.text()).toBe('<script>x/README.md</script>')
    expect((await call('GET', 'service/file?package=a/b&topHash=0&key=x')).status).toBe(404)
  })
})

describe('the stream', () => {
  it('tells what happens in tenant and service, and lets go of both when the page leaves', async () => {
    const leaving = new AbortController()
    const answer = await fetch(`${tenant.url}/simulator/api/stream`, { signal: leaving.signal })
    expect(answer.headers.get('content-type')).toBe('text/event-stream')
    const reader = answer.body!.pipeThrough(new TextDecoderStream()).getReader()
    let text = ''
    const seen = async (kind: PageEvent['kind']) => {
      while (!text.includes(`"kind":"${kind}"`)) text += (await reader.read()).value ?? ''
    }
    await seen('hello')
    for (const listener of listeners) listener({ entryId: ENTRY, what: 'progress', at: 1 })
    await seen('service')
    await tenant.insertCanvas(ENTRY)
    tenant.faults.set('slow-export', true)
    tenant.rotateKeys()
    for (const kind of ['entry', 'canvas', 'delivery', 'faults', 'keys'] as const) await seen(kind)
    leaving.abort()
    while (listeners.size > 0 || tenant.events.listenerCount('activity') > 0)
      await new Promise((resolve) => setImmediate(resolve))
  })
})

describe('the guard of the page’s API', () => {
  /** fetch forbids these headers, a hostile client does not. */
  const rawStatus = (method: string, path: string, headers: Record<string, string>): Promise<number> =>
    new Promise((resolve, reject) => {
      request(`${tenant.url}/simulator/api/${path}`, { method, headers }, (response) => {
        response.resume()
        resolve(response.statusCode!)
      })
        .on('error', reject)
        .end()
    })

  it('refuses changes without its header', async () => {
    expect(await rawStatus('POST', 'keys/rotate', {})).toBe(403)
    expect(await rawStatus('POST', 'keys/rotate', HEADER)).toBe(200)
  })

  it.each([
    ['another origin', { origin: 'https://evil.example' }],
    ['the same origin on another port', { origin: 'http://127.0.0.1:1' }],
    ['an opaque origin', { origin: 'null' }],
    ['a cross-site request without Origin', { 'sec-fetch-site': 'cross-site' }],
    ['a name that points here', { host: 'evil.example' }],
    ['a name that begins like loopback', { host: '127.0.0.1.evil.example' }],
  ])('refuses %s, for reading too', async (_who, headers) => {
    expect(await rawStatus('POST', 'keys/rotate', { ...HEADER, ...headers })).toBe(403)
    expect(await rawStatus('GET', 'state', headers)).toBe(403)
  })

  it('lets the page itself in', async () => {
    const own = { ...HEADER, origin: tenant.url, 'sec-fetch-site': 'same-origin' }
    expect(await rawStatus('POST', 'keys/rotate', own)).toBe(200)
  })
})
