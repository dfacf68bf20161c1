import { afterEach, describe, expect, it } from 'vitest'
import { startTenant, type Tenant, type TenantOptions } from '../../src/simulator/tenant.ts'
import { FakeClock } from '../support/clock.ts'
import { appOf, askToken, basic, type Loose } from './support/app.ts'

let tenant: Tenant
const start = async (options: TenantOptions = {}) => {
  tenant = await startTenant({ exportMs: 0, page: false, ...options })
  return tenant
}
afterEach(() => tenant.close())

const GRANT = { grant_type: 'client_credentials' }

describe('the token end point', () => {
  it('gives a bearer token for 900 seconds, by Basic or by form', async () => {
    const { credentials } = await start({ entries: [] })
    const byHeader = await askToken(tenant, basic(credentials.clientId, credentials.clientSecret), GRANT)
    const byForm = await askToken(tenant, null, {
      ...GRANT,
      client_id: credentials.clientId,
      client_secret: credentials.clientSecret,
    })
    for (const { status, json } of [byHeader, byForm]) {
      expect(status).toBe(200)
      expect(json).toMatchObject({ token_type: 'Bearer', expires_in: 900 })
    }
  })

  it('refuses a wrong secret with invalid_client and another grant with unsupported_grant_type', async () => {
    await start({ entries: [] })
    const wrong = await askToken(tenant, basic('simulated-client', 'guess'), GRANT)
    expect([wrong.status, wrong.json.error.type]).toEqual([401, 'invalid_client'])
    const other = await askToken(tenant, null, { grant_type: 'password' })
    expect([other.status, other.json.error.type]).toEqual([400, 'unsupported_grant_type'])
    const none = await askToken(tenant, null, {})
    expect([none.status, none.json.error.type]).toEqual([400, 'invalid_request'])
  })

  it('accepts a token until it is 900 seconds old and not after', async () => {
    const clock = new FakeClock()
    await start({ clock, entries: [] })
    const app = await appOf(tenant)
    await clock.advance(899_000)
    await app.get(`/apps/${tenant.credentials.appId}`, 200)
    await clock.advance(1_000)
    const { json } = await app.get(`/apps/${tenant.credentials.appId}`, 401)
    expect(json.error.type).toBe('authentication_error')
  })
})

describe('credentials', () => {
  it('can be replaced: the old are refused, tokens that are out stay good, deliveries name the new app', async () => {
    await start({ entries: [] })
    const app = await appOf(tenant)
    const { clientId, clientSecret, appDefinitionId } = { ...tenant.credentials }
    tenant.replaceCredentials({ clientSecret: 'another', appDefinitionId: 'appdef_Another1' })
    expect((await askToken(tenant, basic(clientId, clientSecret), GRANT)).status).toBe(401)
    expect((await askToken(tenant, basic(clientId, 'another'), GRANT)).status).toBe(200)
    const { json } = await app.get(`/apps/${tenant.credentials.appId}`, 200)
    expect(json.appDefinition.id).toBe('appdef_Another1')
    const keysOf = async (id: string) => (await fetch(`${tenant.url}/api/v1/apps/${id}/jwks`)).status
    expect([await keysOf(appDefinitionId), await keysOf('appdef_Another1')]).toEqual([404, 200])
  })
})

describe('tokens', () => {
  it('can all be taken back, and new ones are given', async () => {
    await start({ entries: [] })
    const app = await appOf(tenant)
    tenant.tokens.revoke()
    await app.get(`/apps/${tenant.credentials.appId}`, 401)
    await (await appOf(tenant)).get(`/apps/${tenant.credentials.appId}`, 200)
  })
})

describe('conventions of the API', () => {
  it('refuses requests without a token', async () => {
    await start({ entries: [] })
    expect((await fetch(`${tenant.url}/api/v2/entries`)).status).toBe(401)
  })

  it('answers an unknown path with 404 in Benchling’s error shape', async () => {
    await start({ entries: [] })
    const { json } = await (await appOf(tenant)).get('/unicorns/1', 404)
    expect(json.error).toMatchObject({ type: 'invalid_request_error', userMessage: expect.any(String) })
  })

  it('counts requests in its headers and refuses the one too many without Retry-After, until the window ends', async () => {
    const clock = new FakeClock()
    await start({ clock, entries: [], rate: { limit: 3, windowMs: 30_000 } })
    const app = await appOf(tenant)
    const path = `/apps/${tenant.credentials.appId}`
    const first = await app.get(path, 200)
    expect(first.headers.get('x-rate-limit-limit')).toBe('3')
    expect(first.headers.get('x-rate-limit-remaining')).toBe('2')
    await clock.advance(10_500)
    await app.get(path, 200)
    await app.get(path, 200)
    const refused = await app.get(path, 429)
    expect(refused.headers.get('x-rate-limit-remaining')).toBe('0')
    expect(refused.headers.get('x-rate-limit-reset')).toBe('20')
    expect(refused.headers.get('retry-after')).toBeNull()
    expect(refused.json.error.message).toBe('Rate limit exceeded.')
    await clock.advance(19_500)
    await app.get(path, 200)
  })
})

describe('entries', () => {
  it('come wrapped one by one and bare in lists', async () => {
    await start()
    const app = await appOf(tenant)
    const { json } = await app.get('/entries', 200)
    expect(json.entries.map((e: Loose) => e.displayId)).toEqual(['EXP25000088', 'EXP25000087', 'EXP25000086'])
    expect(json.nextToken).toBe('')
    for (const entry of json.entries) {
      const one = await app.get(`/entries/${entry.id}`, 200)
      expect(one.json.entry).toEqual(entry)
      expect(entry.webURL).toMatch(/^https:\/\/acme\.benchling\.test\//)
    }
  })

  it('are 404 with the id when unknown', async () => {
    await start({ entries: [] })
    const { json } = await (await appOf(tenant)).get('/entries/etr_nothing1', 404)
    expect(json.error.invalidId).toBe('etr_nothing1')
  })

  it('are listed in pages, sorted, and by the time of their change', async () => {
    const clock = new FakeClock()
    await start({ clock, entries: Array.from({ length: 5 }, (_, i) => ({ name: `Entry ${i}` })) })
    const app = await appOf(tenant)
    const first = await app.get('/entries?pageSize=2&sort=name:asc', 200)
    const second = await app.get(`/entries?pageSize=2&sort=name:asc&nextToken=${first.json.nextToken}`, 200)
    const third = await app.get(`/entries?pageSize=2&sort=name:asc&nextToken=${second.json.nextToken}`, 200)
    const names = [first, second, third].flatMap(({ json }) => json.entries.map((e: Loose) => e.name))
    expect(names).toEqual(['Entry 0', 'Entry 1', 'Entry 2', 'Entry 3', 'Entry 4'])
    expect(third.json.nextToken).toBe('')

    const before = new Date(clock.now()).toISOString()
    await clock.advance(60_000)
    const [, changed] = tenant.entries.list()
    tenant.entries.update(changed!.api.id, { name: 'Changed' })
    const since = await app.get(`/entries?modifiedAt=${encodeURIComponent(`> ${before}`)}`, 200)
    expect(since.json.entries.map((e: Loose) => e.name)).toEqual(['Changed'])
    await app.get('/entries?sort=colour', 400)
    await app.get('/entries?pageSize=101', 400)
  })

  it('are cut to what `returning` names', async () => {
    await start()
    const app = await appOf(tenant)
    const list = await app.get('/entries?returning=entries.id,entries.schema.name', 200)
    expect(list.json.entries[0]).toEqual({ id: 'etr_8Qk2RmZa', schema: { name: 'Titration' } })
    const one = await app.get('/entries/etr_8Qk2RmZa?returning=name', 200)
    expect(one.json).toEqual({ entry: { name: 'Titration of QB-2743.1' } })
  })

  it('can be changed by the app in fields and name, never in their text', async () => {
    await start()
    const app = await appOf(tenant)
    const { json } = await app.patch(
      '/entries/etr_8Qk2RmZa',
      { name: 'Renamed', fields: { Replicates: { value: 5 } } },
      200,
    )
    expect(json).toMatchObject({ name: 'Renamed', fields: { Replicates: { value: 5, displayValue: '5' } } })
    await app.patch('/entries/etr_8Qk2RmZa', { days: [] }, 400)
  })

  it('tell the app’s events in order, from a time or after an event', async () => {
    await start()
    const app = await appOf(tenant)
    await tenant.created('etr_8Qk2RmZa')
    tenant.entries.update('etr_8Qk2RmZa', { fields: { Replicates: 4 } })
    await tenant.save('etr_8Qk2RmZa')
    const all = await app.get('/events?createdAt.gte=2020-01-01', 200)
    expect(all.json.events.map((e: Loose) => [e.eventType, e.updates])).toEqual([
      ['v2.entry.created', undefined],
      ['v2.entry.updated.fields', ['fields.Replicates']],
    ])
    expect(all.json.nextToken).toBe('')
    const after = await app.get(`/events?startingAfter=${all.json.events[0].id}&poll=true`, 200)
    expect(after.json.events.map((e: Loose) => e.entry.id)).toEqual(['etr_8Qk2RmZa'])
    expect((await app.get(`/events?nextToken=${after.json.nextToken}`, 200)).json.events).toEqual([])
  })
})

describe('linked objects', () => {
  it('have names at the address of their kind and are 404 at another', async () => {
    await start()
    const app = await appOf(tenant)
    const wanted = [
      ['custom-entities', 'bfi_QB27431x', 'QB-2743.1'],
      ['dna-sequences', 'seq_lacZp7Bv', 'pLacZ-β-Gal'],
      ['containers', 'con_9cFrz3Rk', 'β-Gal stock, freezer 3'],
      ['boxes', 'box_Enz0Kin1', 'Enzyme box 1'],
      ['plates', 'plt_Img0ne03', 'Plate 03'],
      ['locations', 'loc_Frz3Shf2', 'Freezer 3, shelf 2'],
      ['folders', 'lib_uz14ul16', 'Enzyme kinetics'],
      ['projects', 'src_Enz0Kin9', 'Enzyme kinetics'],
      ['users', 'ent_4mWq0ZtB', 'Søren Ångström'],
    ]
    for (const [collection, id, name] of wanted)
      expect((await app.get(`/${collection}/${id}`, 200)).json.name).toBe(name)
    await app.get('/boxes/bfi_QB27431x', 404)
    await app.get('/users/ent_nobody00', 404)
  })

  it('include the app itself with its definition', async () => {
    await start({ entries: [] })
    const { json } = await (await appOf(tenant)).get(`/apps/${tenant.credentials.appId}`, 200)
    expect(json.appDefinition.id).toBe(tenant.credentials.appDefinitionId)
  })
})
