import { expect } from 'vitest'
import type { Tenant } from '../../../src/simulator/tenant.ts'
import { openApiValidator } from '../../support/openapi.ts'

/** JSON that a test looks into without a schema. */
export type Loose = ReturnType<typeof JSON.parse>
export type Answer = { status: number; headers: Headers; json: Loose }

const openApi = openApiValidator()

/** An app's client that checks every request and answer against Benchling's OpenAPI file where that is present. */
export const appOf = async (tenant: Tenant) => {
  const token = await tokenOf(tenant)
  const call = async (method: string, path: string, body?: unknown, expected?: number): Promise<Answer> => {
    const answer = await fetch(`${tenant.url}/api/v2${path}`, {
      method,
      headers: {
        authorization: `Bearer ${token}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    const json = (await answer.json()) as Loose
    const bare = path.split('?')[0]!
    if (openApi && answer.status !== 404) {
      // Real tenants answer `appDefinition`, the file does not know it.
      const { appDefinition: _, ...known } = json
      expect(openApi.checkResponse(method, bare, answer.status, known)).toEqual([])
    }
    if (expected !== undefined) expect(answer.status, JSON.stringify(json)).toBe(expected)
    return { status: answer.status, headers: answer.headers, json }
  }
  return {
    get: (path: string, expected?: number) => call('GET', path, undefined, expected),
    post: (path: string, body: unknown, expected?: number) => call('POST', path, body, expected),
    patch: (path: string, body: unknown, expected?: number) => call('PATCH', path, body, expected),
    /** Exports an entry and returns the address of its archive. */
    exportOf: async (entryId: string): Promise<string> => {
      const { json } = await call('POST', '/exports', { id: entryId }, 202)
      for (;;) {
        const task = await call('GET', `/tasks/${json.taskId}`, undefined, 200)
        if (task.json.status === 'SUCCEEDED') return task.json.response.downloadURL
        if (task.json.status === 'FAILED') throw new Error(task.json.message)
        await new Promise((resolve) => setImmediate(resolve))
      }
    },
  }
}

export const basic = (id: string, secret: string): string =>
  `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}`

export const askToken = async (
  tenant: Tenant,
  authorization: string | null,
  form: Record<string, string>,
) => {
  const answer = await fetch(`${tenant.url}/api/v2/token`, {
    method: 'POST',
    headers: authorization === null ? {} : { authorization },
    body: new URLSearchParams(form),
  })
  const json = (await answer.json()) as Loose
  if (openApi) expect(openApi.checkResponse('POST', '/token', answer.status, json)).toEqual([])
  return { status: answer.status, json }
}

const tokenOf = async (tenant: Tenant): Promise<string> => {
  const { clientId, clientSecret } = tenant.credentials
  const { json } = await askToken(tenant, basic(clientId, clientSecret), { grant_type: 'client_credentials' })
  return json.access_token
}
