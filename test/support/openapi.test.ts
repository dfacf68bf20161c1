import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { openApiValidator } from './openapi.ts'

const sample = (name: string) =>
  JSON.parse(readFileSync(new URL(`../../../shared/vectors/benchling/api/${name}`, import.meta.url), 'utf8'))

const api = openApiValidator()

describe.runIf(api)('the OpenAPI validator', () => {
  const check = api!

  it('accepts the really captured entry', () => {
    const entry = sample('quilt__GET_entries_id__real.json')
    expect(check.checkResponse('GET', '/api/v2/entries/etr_0uKCQZ8f', 200, entry)).toEqual([])
  })

  it('accepts the examples of tasks in every state', () => {
    for (const task of Object.values(sample('spec-example__GET_tasks.json')))
      expect(check.checkResponse('GET', '/tasks/3f15', 200, task)).toEqual([])
  })

  it('accepts a canvas with every kind of block, as created and as answered', () => {
    const body = sample('spec-example__POST_app-canvases.json')
    expect(check.checkRequest('POST', '/app-canvases', {}, body)).toEqual([])
    const { appId, ...answer } = { ...body, id: 'cnvs_1', app: { id: body.appId }, archiveRecord: null }
    expect(check.checkResponse('POST', '/app-canvases', 201, answer)).toEqual([])
  })

  it('refuses unknown properties in a closed request, inherited ones included', () => {
    const body = sample('spec-example__POST_app-canvases.json')
    expect(check.checkRequest('POST', '/app-canvases', {}, { ...body, colour: 'red' })).not.toEqual([])
    expect(check.checkRequest('PATCH', '/app-canvases/cnvs_1', {}, { colour: 'red' })).not.toEqual([])
    expect(check.checkRequest('PATCH', '/app-canvases/cnvs_1', {}, { enabled: true })).toEqual([])
  })

  it('refuses an unknown kind of block and a label that is too long', () => {
    const patch = (block: object) =>
      check.checkRequest('PATCH', '/app-canvases/cnvs_1', {}, { blocks: [block] })
    expect(patch({ type: 'BUTTON', id: 'a', text: 'A', enabled: true })).toEqual([])
    expect(patch({ type: 'BOTTON', id: 'a', text: 'A' })).not.toEqual([])
    const input = { type: 'TEXT_INPUT', id: 'a', value: null, label: 'x'.repeat(50) }
    expect(patch(input)).toEqual([])
    expect(patch({ ...input, label: 'x'.repeat(51) })).not.toEqual([])
  })

  it('refuses a session message over 200 characters', () => {
    const patch = (content: string) =>
      check.checkRequest('PATCH', '/app-sessions/sesn_1', {}, { messages: [{ content, style: 'INFO' }] })
    expect(patch('x'.repeat(200))).toEqual([])
    expect(patch('x'.repeat(201))).not.toEqual([])
    expect(patch('hi')).not.toEqual([])
  })

  it('lets null be null only where the description says so', () => {
    const patch = (body: object) => check.checkRequest('PATCH', '/app-canvases/cnvs_1', {}, body)
    expect(patch({ data: null, sessionId: null })).toEqual([])
    expect(patch({ featureId: null })).not.toEqual([])
  })

  it('knows paths, methods and query parameters', () => {
    expect(check.checkRequest('GET', '/plates/plt_1', { returning: 'name' }, undefined)).toEqual([])
    expect(check.checkRequest('GET', '/boxes/box_1', { returning: 'name' }, undefined)).not.toEqual([])
    expect(check.checkRequest('DELETE', '/entries/etr_1', {}, undefined)).not.toEqual([])
    expect(check.checkRequest('GET', '/nothing', {}, undefined)).not.toEqual([])
    expect(check.checkRequest('GET', '/entries/etr_1', {}, { body: 1 })).not.toEqual([])
    expect(check.checkRequest('POST', '/exports', {}, undefined)).not.toEqual([])
  })

  it('refuses answers with the wrong status or form', () => {
    expect(check.checkResponse('POST', '/exports', 202, { taskId: 'a' })).toEqual([])
    expect(check.checkResponse('POST', '/exports', 200, { taskId: 'a' })).not.toEqual([])
    expect(check.checkResponse('POST', '/exports', 202, { taskId: 7 })).not.toEqual([])
    expect(check.checkResponse('GET', '/tasks/1', 200, { status: 'QUEUED' })).not.toEqual([])
    const error = { error: { message: 'm', type: 'invalid_request_error', userMessage: 'm' } }
    expect(check.checkResponse('GET', '/tasks/1', 429, error)).toEqual([])
    expect(check.checkResponse('GET', '/tasks/1', 429, {})).not.toEqual([])
  })

  it('validates the token exchange', () => {
    expect(check.checkRequest('POST', '/token', {}, { grant_type: 'client_credentials' })).toEqual([])
    expect(check.checkRequest('POST', '/token', {}, { grant_type: 'password' })).not.toEqual([])
    const token = { access_token: 'a', token_type: 'Bearer', expires_in: 900 }
    expect(check.checkResponse('POST', '/token', 200, token)).toEqual([])
  })
})
