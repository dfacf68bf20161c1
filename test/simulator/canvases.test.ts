import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { SLOW_CANVAS_MS } from '../../src/simulator/api/gate.ts'
import { startTenant, type Tenant } from '../../src/simulator/tenant.ts'
import { FakeClock } from '../support/clock.ts'
import { appOf } from './support/app.ts'

let tenant: Tenant
let app: Awaited<ReturnType<typeof appOf>>
const clock = new FakeClock()
beforeEach(async () => {
  tenant = await startTenant({ exportMs: 0, page: false, clock })
  app = await appOf(tenant)
})
afterEach(() => tenant.close())

const ENTRY = 'etr_8Qk2RmZa'
const button = (id: string, more = {}) => ({
  type: 'BUTTON',
  id,
  text: 'Update package',
  enabled: true,
  ...more,
})
const drawn = async (blocks: unknown[]) => {
  const { canvas } = await tenant.insertCanvas(ENTRY)
  await app.patch(`/app-canvases/${canvas.id}`, { blocks, enabled: true }, 200)
  return canvas.id
}

describe('a canvas', () => {
  it('inserted by a person waits, empty and locked, and stands in the entry', async () => {
    const { canvas } = await tenant.insertCanvas(ENTRY)
    const { json } = await app.get(`/app-canvases/${canvas.id}`, 200)
    expect(json).toMatchObject({
      resourceId: ENTRY,
      enabled: false,
      blocks: [],
      data: null,
      archiveRecord: null,
    })
    const { entry } = (await app.get(`/entries/${ENTRY}`)).json
    expect(entry.days.at(-1).notes.at(-1)).toMatchObject({ type: 'app_canvas', canvasId: canvas.id })
  })

  it('is locked by a click until the app enables it again', async () => {
    const id = await drawn([button('update')])
    await tenant.click(id, 'update')
    expect((await app.get(`/app-canvases/${id}`)).json.enabled).toBe(false)
    await expect(tenant.click(id, 'update')).rejects.toThrow('disabled until the app enables it')
    await app.patch(`/app-canvases/${id}`, { enabled: true }, 200)
    await tenant.click(id, 'update')
  })

  it('refuses clicks on a disabled, unknown or wrong block', async () => {
    const id = await drawn([button('off', { enabled: false }), { type: 'MARKDOWN', id: 'text', value: 'x' }])
    await expect(tenant.click(id, 'off')).rejects.toThrow('disabled')
    await expect(tenant.click(id, 'other')).rejects.toThrow('other')
    await expect(tenant.click(id, 'text')).rejects.toThrow('text')
    expect(tenant.canvases.get(id).enabled).toBe(true)
  })

  it('takes what a person types, and asks for what is required before a click', async () => {
    const input = {
      type: 'TEXT_INPUT',
      id: 'why',
      label: 'Reason',
      required: true,
      value: null,
      enabled: true,
    }
    const id = await drawn([{ type: 'SECTION', id: 's', children: [input, button('go')] }])
    await expect(tenant.click(id, 'go')).rejects.toThrow('Reason is required')
    tenant.canvases.fill(id, { why: 'because' })
    const { json } = await app.get(`/app-canvases/${id}`)
    expect(json.blocks[0].children[0].value).toBe('because')
    await tenant.click(id, 'go')
  })

  it('is created by the app for a run, changed, archived, and then closed to changes', async () => {
    const body = {
      appId: tenant.credentials.appId,
      featureId: 'run',
      resourceId: 'run-1',
      blocks: [button('a')],
    }
    const { json } = await app.post('/app-canvases', body, 201)
    expect(json).toMatchObject({ enabled: true, app: { id: tenant.credentials.appId } })
    const archive = { canvasIds: [json.id], reason: 'Other' }
    expect((await app.post('/app-canvases:archive', archive, 200)).json).toEqual({ canvasIds: [json.id] })
    await app.patch(`/app-canvases/${json.id}`, { enabled: true }, 403)
    await app.post('/app-canvases', { ...body, appId: 'app_someoneElse' }, 403)
    await app.get('/app-canvases/cnvs_nothing1', 404)
  })

  it('keeps data of less than 5 kB of JSON and nothing else', async () => {
    const { canvas } = await tenant.insertCanvas(ENTRY)
    const path = `/app-canvases/${canvas.id}`
    await app.patch(path, { data: JSON.stringify('x'.repeat(5_117)) }, 200)
    await app.patch(path, { data: JSON.stringify('x'.repeat(5_118)) }, 400)
    await app.patch(path, { data: 'not json' }, 400)
    await app.patch(path, { data: null }, 200)
  })

  const label51 = 'x'.repeat(51)
  it.each([
    ['two blocks with one id', [button('a'), { type: 'SECTION', id: 's', children: [button('a')] }]],
    ['a section in a section', [{ type: 'SECTION', children: [{ type: 'SECTION', children: [] }] }]],
    ['a table in a section', [{ type: 'SECTION', children: [{ type: 'TABLE', id: 't', name: 'T' }] }]],
    ['a label of 51 characters', [{ type: 'TEXT_INPUT', id: 'a', label: label51, value: null }]],
    ['an input without value', [{ type: 'TEXT_INPUT', id: 'a' }]],
    ['a required input without label', [{ type: 'TEXT_INPUT', id: 'a', value: null, required: true }]],
    ['a search without schemaId', [{ type: 'SEARCH_INPUT', id: 'a', value: null, itemType: 'box' }]],
    ['an unknown type', [{ type: 'SLIDER', id: 'a' }]],
    ['an unknown property', [{ type: 'MARKDOWN', id: 'a', value: 'x', colour: 'red' }]],
    ['a button without id', [{ type: 'BUTTON', text: 'x' }]],
  ])('refuses %s', async (_what, blocks) => {
    const { canvas } = await tenant.insertCanvas(ENTRY)
    const { json } = await app.patch(`/app-canvases/${canvas.id}`, { blocks }, 400)
    expect(json.error.type).toBe('invalid_request_error')
    expect(tenant.canvases.get(canvas.id).waiting).toBe(true)
  })
})

describe('a session', () => {
  const create = async (timeoutSeconds = 60) => {
    const body = { appId: tenant.credentials.appId, name: 'Export entry', timeoutSeconds }
    return (await app.post('/app-sessions', body, 201)).json.id as string
  }

  it('is attached to a canvas and replaces its messages', async () => {
    const id = await create()
    const { canvas } = await tenant.insertCanvas(ENTRY)
    await app.patch(`/app-canvases/${canvas.id}`, { sessionId: id }, 200)
    await app.patch(`/app-sessions/${id}`, { messages: [{ content: 'Exporting', style: 'INFO' }] }, 200)
    const { json } = await app.patch(`/app-sessions/${id}`, { messages: [{ content: 'Done' }] }, 200)
    expect(json.messages).toEqual([{ content: 'Done', style: 'NONE' }])
    await app.patch(`/app-canvases/${canvas.id}`, { sessionId: 'sesn_nothing1' }, 404)
  })

  it('takes nothing more after it has ended, and ends by itself', async () => {
    const id = await create()
    await app.patch(`/app-sessions/${id}`, { status: 'SUCCEEDED' }, 200)
    await app.patch(`/app-sessions/${id}`, { messages: [] }, 403)
    const late = await create(10)
    await app.patch(`/app-sessions/${late}`, { timeoutSeconds: 20 }, 200)
    await clock.advance(10_000)
    expect((await app.get(`/app-sessions/${late}`, 200)).json.status).toBe('RUNNING')
    await app.patch(`/app-sessions/${late}`, { status: 'TIMEOUT' }, 400)
    await clock.advance(10_000)
    expect((await app.get(`/app-sessions/${late}`, 200)).json.status).toBe('TIMEOUT')
    await app.patch(`/app-sessions/${late}`, { status: 'SUCCEEDED' }, 403)
  })

  it('is refused while that fault is on, though it can be detached', async () => {
    const id = await create()
    const { canvas } = await tenant.insertCanvas(ENTRY)
    await app.patch(`/app-canvases/${canvas.id}`, { sessionId: id }, 200)
    tenant.faults.set('sessions-refused', 3)
    await app.post('/app-sessions', { appId: tenant.credentials.appId, name: 'x'.repeat(3) }, 403)
    await app.patch(`/app-sessions/${id}`, { status: 'SUCCEEDED' }, 403)
    await app.patch(`/app-canvases/${canvas.id}`, { sessionId: null }, 200)
    const { json } = await app.get(`/app-sessions/${id}`, 403)
    expect(json.error.type).toBe('invalid_request_error')
    expect((await app.get(`/app-sessions/${id}`, 200)).json.status).toBe('RUNNING')
  })

  it('refuses what is over Benchling’s limits', async () => {
    const id = await create()
    const message = (content: string) => ({ messages: [{ content }] })
    await app.patch(`/app-sessions/${id}`, message('ab'), 400)
    await app.patch(`/app-sessions/${id}`, message('x'.repeat(201)), 400)
    await app.patch(`/app-sessions/${id}`, message('x'.repeat(200)), 200)
    await app.patch(`/app-sessions/${id}`, { messages: Array(11).fill({ content: 'one too many' }) }, 400)
    await app.patch(`/app-sessions/${id}`, message('{id:etr_a}'.repeat(11)), 400)
    await app.patch(`/app-sessions/${id}`, { timeoutSeconds: 59 }, 400)
    await app.patch(`/app-sessions/${id}`, { timeoutSeconds: 61 }, 200)
  })
})

describe('faults of canvases', () => {
  it('`failing-canvas` refuses what draws, and lets everything else through', async () => {
    const id = await drawn([button('update')])
    tenant.faults.set('failing-canvas', 1)
    await app.get(`/app-canvases/${id}`, 200)
    await app.patch(`/app-canvases/${id}`, { enabled: true }, 503)
    await app.patch(`/app-canvases/${id}`, { enabled: true }, 200)
  })

  it('`slow-canvas` lets the app wait', async () => {
    const id = await drawn([button('update')])
    tenant.faults.set('slow-canvas', 1)
    const asleep = clock.sleeping
    const answered = app.patch(`/app-canvases/${id}`, { enabled: false }, 200)
    while (clock.sleeping === asleep) await new Promise((resolve) => setImmediate(resolve))
    expect(tenant.canvases.get(id).enabled).toBe(true)
    await clock.advance(SLOW_CANVAS_MS)
    await answered
    expect(tenant.canvases.get(id).enabled).toBe(false)
  })
})
