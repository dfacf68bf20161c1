import { describe, expect, test } from 'vitest'
import { createLog } from '../../src/base/log.ts'
import { createBenchling } from '../../src/benchling/client.ts'
import type { Exchange } from '../../src/simulator/api/exchanges.ts'
import { sampleEntries } from '../../src/simulator/samples/index.ts'
import { openApiValidator } from '../support/openapi.ts'
import { Lab, type LabOptions } from './support/lab.ts'
import { entrySeed, file } from './support/seeds.ts'

const validator = openApiValidator()

/** A lab that holds every exchange with the API against Benchling's own description. */
const checkedLab = async (options: LabOptions = {}) => {
  const exchanges: Exchange[] = []
  const problems: string[] = []
  const onExchange = (exchange: Exchange) => {
    exchanges.push(exchange)
    const { method, path, query, body, status, type, answer } = exchange
    // These are refused before the body is read.
    const unread = body === undefined && (status === 401 || status === 429 || status >= 500)
    const found = [
      ...(unread ? [] : (validator?.checkRequest(method, path, query, body) ?? [])),
      // A gateway in front of the API answers in HTML, which no description covers.
      ...(type === 'text/html' ? [] : (validator?.checkResponse(method, path, status, answer) ?? [])),
    ]
    problems.push(...found.map((problem) => `${method} ${path}: ${problem}`))
  }
  const lab = await Lab.start({ ...options, tenant: { ...options.tenant, onExchange } })
  const seen = (pattern: RegExp, status?: number) =>
    exchanges.filter(
      (e) => pattern.test(`${e.method} ${e.path}`) && (status === undefined || e.status === status),
    ).length
  return { lab, problems, seen }
}

const ID = 'etr_Spec0001'

describe.runIf(validator !== null)(
  'Everything that is said between service and tenant fits Benchling’s description',
  () => {
    test('over the sample notebook: entries, links, attachments, exports, canvases, runs', async () => {
      const samples = (await sampleEntries()).filter(({ attachments }) => (attachments?.length ?? 0) < 100)
      const { lab, problems, seen } = await checkedLab({
        tenant: { entries: [...samples, entrySeed(ID, [file('late.csv', 'x', { scanned: false })])] },
      })
      await using _ = lab
      for (const { api } of lab.tenant.entries.list()) {
        const { canvas } = await lab.tenant.insertCanvas(api.id)
        await lab.rest()
        await lab.tenant.click(canvas.id, 'update')
      }
      await lab.tenant.openRun('quilt_entry')
      await lab.rest()
      for (const { api } of lab.tenant.entries.list()) await lab.packaged(api.id)

      expect(problems).toEqual([])
      expect(seen(/POST \/token/)).toBeGreaterThan(0)
      expect(seen(/GET \/entries\/etr_\w+$/)).toBeGreaterThan(0)
      expect(seen(/external-files/)).toBeGreaterThan(0)
      expect(seen(/POST \/exports/, 202)).toBe(2 * lab.tenant.entries.list().length)
      expect(seen(/GET \/tasks/)).toBeGreaterThan(0)
      expect(seen(/PATCH \/app-canvases/)).toBeGreaterThan(0)
      expect(seen(/POST \/app-sessions/, 201)).toBeGreaterThan(0)
      expect(seen(/PATCH \/app-sessions/, 200)).toBeGreaterThan(0)
      expect(seen(/POST \/app-canvases/, 201)).toBe(1)
      expect(seen(/GET \/(custom-entities|plates|boxes|dna-sequences)/)).toBeGreaterThan(0)
    })

    test('over refusals: unknown entries, canvases that are gone, 429, 5xx, failed exports, revoked tokens', async () => {
      const { lab, problems, seen } = await checkedLab({ tenant: { entries: [entrySeed(ID)] } })
      await using _ = lab
      await lab.tenant.deliver({ type: 'v2.entry.created', resourceId: 'etr_Nowhere1' })
      await lab.tenant.deliver({
        type: 'v2.canvas.userInteracted',
        canvasId: 'cnvs_Gone',
        buttonId: 'update',
      })
      await lab.rest()
      lab.tenant.tokens.revoke()
      lab.tenant.faults.set('rate-limited', 2)
      lab.tenant.faults.set('server-errors', 5)
      lab.tenant.faults.set('failed-export', 1)
      await lab.tenant.insertCanvas(ID)
      await lab.rest()
      await lab.packaged(ID)

      expect(problems).toEqual([])
      expect(seen(/GET \/entries/, 404)).toBeGreaterThan(0)
      expect(seen(/GET \/app-canvases/, 404)).toBeGreaterThan(0)
      expect(seen(/./, 401)).toBeGreaterThan(0)
      expect(seen(/./, 429)).toBe(2)
      expect([500, 502, 503, 504].reduce((sum, status) => sum + seen(/./, status), 0)).toBe(5)
    })

    test('over looks for what no delivery told', async () => {
      const { lab, problems, seen } = await checkedLab({
        tenant: { entries: [entrySeed(ID)] },
        reconcile: { everyMs: 60_000, rateShare: 0.2 },
      })
      await using _ = lab
      const looked = (times: number) =>
        Array.from({ length: times }).reduce<Promise<unknown>>(
          (before) => before.then(() => lab.next((a) => a.key.startsWith('tenant:') && a.kind === 'done')),
          Promise.resolve(),
        )
      lab.tenant.faults.set('lost-deliveries', 1)
      await lab.tenant.created(ID)
      await looked(2)
      lab.tenant.entries.update(ID, { name: 'Renamed' })
      await looked(2)
      await lab.rest()
      await lab.packaged(ID)

      expect(problems).toEqual([])
      expect(seen(/GET \/events$/, 200)).toBeGreaterThan(2)
      expect(seen(/GET \/entries$/, 200)).toBeGreaterThan(4)
    })

    test('over app sessions', async () => {
      const { lab, problems, seen } = await checkedLab()
      await using _ = lab
      const { clientId, clientSecret, appId } = lab.tenant.credentials
      const client = createBenchling({
        apiBase: lab.tenant.url,
        credentials: async () => ({ clientId, clientSecret }),
        downloads: { hosts: [], allowOrigins: [lab.tenant.url] },
        clock: lab.clock,
        log: createLog('silent'),
      })
      const { signal } = new AbortController()
      const session = { appId, name: 'Packaging EXP25000086', timeoutSeconds: 600 }
      const { id } = await client.createSession(session, signal)
      const messages = [{ content: 'Uploading 3 of 9 files', style: 'INFO' as const }]
      await client.updateSession(id, { messages }, signal)
      await client.updateSession(id, { status: 'SUCCEEDED' }, signal)
      await expect(client.updateSession(id, { messages }, signal)).rejects.toThrow()
      await client.close()
      expect(problems).toEqual([])
      expect(seen(/POST \/app-sessions/, 201)).toBe(1)
      expect(seen(/PATCH \/app-sessions/, 200)).toBe(2)
      expect(lab.tenant.sessions.get(id).status).toBe('SUCCEEDED')
    })
  },
)

test('The observer sees each exchange with its bodies', async () => {
  const { lab, seen } = await checkedLab({ tenant: { entries: [entrySeed(ID)] } })
  await using _ = lab
  await lab.tenant.created(ID)
  await lab.rest()
  expect(seen(/POST \/exports/, 202)).toBe(1)
})
