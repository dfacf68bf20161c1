import { once } from 'node:events'
import { readFileSync } from 'node:fs'

import { createServer, get } from 'node:https'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { egressFault } from '../../src/base/egress-faults.ts'

const tls = (name: string) => readFileSync(join(import.meta.dirname, '../fixtures/tls', name))

test('a certificate that nobody vouches for is a fault with its reason, and without the address', async () => {
  const server = createServer({ key: tls('server-key.pem'), cert: tls('server.pem') }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const request = get({ host: '127.0.0.1', port, servername: 'localhost' })
  const [refused] = await new Promise<[Error]>((resolve) =>
    request.once('error', (error) => resolve([error])),
  )
  server.close()
  const fault = egressFault(new TypeError('fetch failed', { cause: refused }))
  expect(fault).toMatchObject({ code: 'network.certificate_untrusted' })
  expect(fault?.detail).toMatch(/^\([A-Z_]+\)$/)
  expect(fault?.people).not.toContain(String(port))
})

test('what is no matter of the way out is none of its faults', () => {
  expect(egressFault(Object.assign(new Error('reset'), { code: 'ECONNRESET' }))).toBeNull()
  expect(egressFault('thrown')).toBeNull()
})
