import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { Exchange } from '../../src/simulator/api/exchanges.ts'
import { Lab } from './support/lab.ts'
import { entrySeed, file } from './support/seeds.ts'

const ID = 'etr_Secret01'
const SECRET = 'CANARY-client-secret-8d1f'

/** Everything secret that an exchange showed: tokens and the parts of signed addresses. */
const secretsIn = ({ answer }: Exchange): string[] => {
  const text = JSON.stringify(answer) ?? ''
  const token = /"access_token":"([^"]+)"/.exec(text)?.[1]
  const signature = /X-Amz-Signature=([0-9a-f]{16,})/.exec(text)?.[1]
  return [token, signature].filter((secret) => secret !== undefined)
}

const filesBelow = async (dir: string): Promise<string[]> =>
  (await readdir(dir, { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))

test('No secret is found in logs, records, packages, canvases or answers, in good days and bad', async () => {
  const secrets = new Set([SECRET])
  const answers: string[] = []
  const onExchange = (exchange: Exchange) => {
    for (const secret of secretsIn(exchange)) secrets.add(secret)
    if (exchange.path !== '/token') answers.push(JSON.stringify(exchange.body) ?? '')
  }
  await using lab = await Lab.start({
    tenant: {
      clientSecret: SECRET,
      onExchange,
      entries: [entrySeed(ID, [file('a.csv', 'a'), file('late.csv', 'b', { scanned: false })])],
    },
  })

  // Signatures of deliveries, seen by a stranger on the way who then tries his luck.
  const signed: Record<string, string>[] = []
  const original = globalThis.fetch
  globalThis.fetch = (input, init) => {
    const headers = (init?.headers ?? {}) as Record<string, string>
    if (headers['webhook-signature']) signed.push(headers)
    return original(input, init)
  }
  try {
    const { canvas } = await lab.tenant.insertCanvas(ID)
    await lab.rest()
    for (const fault of ['expired-links', 'failed-export', 'truncated-archive', 'server-errors'] as const) {
      lab.tenant.faults.set(fault, 1)
      await lab.tenant.click(canvas.id, 'update')
      await lab.rest()
    }
    lab.tenant.tokens.revoke()
    lab.tenant.faults.set('dropped-connections', true)
    const failed = lab.next(({ key, kind }) => key.startsWith('entry:') && kind === 'failed')
    await lab.tenant.deliver({ type: 'v2.canvas.userInteracted', canvasId: canvas.id, buttonId: 'update' })
    await failed
    lab.tenant.faults.clear()
    await lab.rest()
  } finally {
    globalThis.fetch = original
  }
  expect(signed.length).toBeGreaterThan(5)
  for (const { 'webhook-signature': value } of signed)
    for (const part of value!.split(' ')) secrets.add(part.split(',')[1]!)

  const forged = await fetch(`${lab.service.url}/event`, {
    method: 'POST',
    body: `{"canary":"${SECRET}"}`,
    headers: { ...signed[0], 'content-type': 'application/json' },
  })
  expect(forged.status).toBe(403)
  const refusal = await forged.text()

  const places: Record<string, string> = {
    log: lab.logged.join(''),
    refusal,
    requests: answers.join('\n'),
    canvases: JSON.stringify(lab.tenant.canvases.list()),
  }
  await lab.service.stop(0)
  const files = await filesBelow(lab.dir)
  for (const path of files) places[path] = (await readFile(path)).toString('latin1')

  expect(files.some((path) => path.endsWith('jobs.sqlite'))).toBe(true)
  expect(files.filter((path) => path.includes('registry')).length).toBeGreaterThan(10)
  expect(lab.logged.length).toBeGreaterThan(50)
  // client secret, two tokens or more, links of tasks and of a file, signatures of deliveries
  expect(secrets.size).toBeGreaterThan(10)
  for (const secret of secrets)
    for (const [place, text] of Object.entries(places))
      if (text.includes(secret)) expect.fail(`${secret.slice(0, 12)}… is in ${place}`)
})
