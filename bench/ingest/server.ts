import { verify } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { systemClock } from '../../src/base/clock.ts'
import { createLog } from '../../src/base/log.ts'
import { Figures } from '../../src/base/metrics-figures.ts'
import { openSqliteJobs } from '../../src/local/sqlite-jobs.ts'
import { createDoor } from '../../src/webhook/door.ts'
import { createHealth } from '../../src/webhook/health.ts'
import { createKeys } from '../../src/webhook/jwks.ts'
import { readClaim } from '../../src/webhook/signature.ts'
import { type ReaderOrder, readExport } from '../export/read-export.ts'

/** What the process under measurement is told by its parent; later it may be told to read an export, too. */
export type Order = { readonly what: 'door' | 'bare'; readonly jwks: object; readonly folder: string }

const clock = systemClock
const log = createLog('info')

const keysOf = ({ jwks }: Order) =>
  createKeys({ url: 'http://bench', clock, log, fetch: async () => Response.json(jwks) })

/** The whole door with durable records. */
const door = async (order: Order): Promise<number> => {
  const { subjects } = openSqliteJobs(join(order.folder, 'jobs.sqlite'), { clock })
  const metrics = new Figures()
  metrics.collect(() => {})
  const app = createDoor({
    config: {
      identity: {
        app: { mode: 'definition', id: 'appdef_Bench' },
        origins: ['https://bench.benchling.com'],
      },
      verify: true,
    },
    keys: keysOf(order),
    subjects,
    bell: { ring: async () => {} },
    clock,
    log,
    metrics,
    health: createHealth({ checks: [], clock, log }),
  })
  await app.listen({ host: '127.0.0.1', port: 0 })
  return (app.server.address() as AddressInfo).port
}

/** The least a server could do: read the body and verify it with a key that is already there. */
const bare = async (order: Order): Promise<number> => {
  const [key] = await keysOf(order).current()
  if (!key) throw new Error('no key')
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const { id, timestamp, signatures } = readClaim(request.headers, clock.now())
      const signed = Buffer.concat([Buffer.from(`${id}.${timestamp}.`), ...chunks])
      const status = verify('sha256', signed, key, signatures[0] ?? Buffer.alloc(0)) ? 200 : 403
      response.writeHead(status, { 'content-type': 'application/json', 'content-length': 2 }).end('{}')
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return (server.address() as AddressInfo).port
}

process.once('disconnect', () => process.exit())

process.on('message', async (order: Order | ReaderOrder) => {
  if ('url' in order) process.send?.(await readExport(order))
  else process.send?.(await (order.what === 'door' ? door(order) : bare(order)))
})
