import type { KeyObject } from 'node:crypto'
import { createLog } from '../../src/base/log.ts'
import { NO_METRICS } from '../../src/base/metrics.ts'
import type { Delivery, Key, Subject, Touch } from '../../src/jobs/ports.ts'
import { newSubject } from '../../src/jobs/subject.ts'
import { createDoor, type DoorPorts } from '../../src/webhook/door.ts'
import { createHealth } from '../../src/webhook/health.ts'
import type { Keys } from '../../src/webhook/jwks.ts'
import { FakeClock } from '../support/clock.ts'
import { createSigner } from '../support/signer.ts'

/** The records as a map: what the door does to them, without a database. */
export class RecordedSubjects {
  readonly deliveries: Delivery[] = []
  readonly subjects = new Map<Key, Subject>()
  readonly watched: string[] = []
  /** Thrown (or awaited) by the next calls, one each. */
  failures: (() => Promise<never>)[] = []
  calls = 0

  async get(key: Key): Promise<Subject | null> {
    return this.subjects.get(key) ?? null
  }

  async record(delivery: Delivery, touches: readonly Touch[]): Promise<'new' | 'seen'> {
    this.calls++
    await this.failures.shift()?.()
    if (this.deliveries.some(({ id }) => id === delivery.id)) return 'seen'
    this.deliveries.push(delivery)
    for (const { key, initial, change, watch } of touches) {
      this.subjects.set(key, change(this.subjects.get(key) ?? newSubject(key, initial)))
      this.watched.push(...(watch ?? []).map((topic) => `${key} > ${topic}`))
    }
    return 'new'
  }
}

export const fixedKeys = (...keys: KeyObject[]): Keys => ({
  ageMs: 0,
  current: async () => keys,
  renewed: async () => null,
  keepWarm: async () => {},
})

export const IDENTITY = {
  app: { mode: 'definition' as 'definition' | 'legacy', id: 'appdef_T7mPq2LxWz' },
  origins: ['https://acme.benchling.com'],
}

export const envelope = (message: Record<string, unknown>, more: Record<string, unknown> = {}) => ({
  version: '0',
  baseURL: 'https://acme.benchling.com',
  tenantId: 'ten_k3wq0sx1aa',
  app: { id: 'app_J5vT0hQe2LwZr8Nc' },
  appDefinition: { id: 'appdef_T7mPq2LxWz', versionNumber: '1.0.0' },
  message: { deprecated: false, ...message },
  ...more,
})

/** A door with a signer whose key it knows, a clock that stands still, and everything it does kept for the test. */
export const openDoor = (
  options: Partial<Pick<DoorPorts, 'configuration' | 'keys' | 'config' | 'metrics'>> & {
    verify?: boolean
    identity?: typeof IDENTITY
  } = {},
) => {
  const clock = new FakeClock()
  const signer = createSigner()
  const subjects = new RecordedSubjects()
  const rings: string[] = []
  const bell = {
    ring: async (key: Key, id: string) => {
      rings.push(`${key} ${id}`)
    },
  }
  const lines: string[] = []
  const log = createLog('debug', { write: (line: string) => void lines.push(line) })
  const health = createHealth({ checks: [], clock, log })
  const keys = options.keys ?? fixedKeys(signer.publicKey)
  const config = options.config ?? { identity: options.identity ?? IDENTITY, verify: options.verify ?? true }
  const { configuration, metrics = NO_METRICS } = options
  const door = createDoor({
    config,
    keys,
    subjects,
    bell,
    clock,
    log,
    health,
    metrics,
    ...(configuration ? { configuration } : {}),
  })
  let count = 0
  const post = (url: string, body: string | Buffer, headers: Record<string, string>) =>
    door.inject({ method: 'POST', url, payload: body, headers })
  return {
    clock,
    signer,
    subjects,
    bell,
    rings,
    lines,
    log,
    health,
    door,
    post,
    /** Signs and posts; each delivery has a new id unless one is given. */
    deliver: (body: unknown, { url = '/event', id = `msg_${++count}`, by = signer } = {}) => {
      const text = typeof body === 'string' ? body : JSON.stringify(body)
      return post(url, text, by.headers(id, clock.now(), text))
    },
  }
}
