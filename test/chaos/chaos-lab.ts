import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startTenant, type Tenant, type TenantOptions } from '../../src/simulator/tenant.ts'
import { ChaosClock } from './chaos-clock.ts'
import type { Instant } from './instants.ts'
import { EXCUSED } from './people.ts'
import { readPackages } from './read-packages.ts'
import { readRecords } from './read-records.ts'
import { readTenant } from './read-tenant.ts'
import { LEASE_SECONDS, ServiceProcess, WORKERS } from './service-process.ts'
import type { World } from './world.ts'

/** Many more requests than Benchling allows: what is tried here is not how the service keeps to its share. */
const RATE = { limit: 10_000, windowMs: 30_000 }

/** A tenant, a folder, and one service after another that belongs to both. */
export class ChaosLab implements AsyncDisposable {
  readonly tenant: Tenant
  readonly dir: string
  /** Instants of the kills, and how often each. */
  readonly killsAt: Record<string, number> = {}
  /** What services did that nobody expects of them. */
  readonly complaints: string[] = []
  readonly killedAt: number[] = []
  starts = 0
  readonly #clock: ChaosClock
  readonly #port: number
  readonly #skipDowntime: boolean
  #service: ServiceProcess | null = null

  private constructor(its: { tenant: Tenant; dir: string; clock: ChaosClock; port: number; skip: boolean }) {
    this.tenant = its.tenant
    this.dir = its.dir
    this.#clock = its.clock
    this.#port = its.port
    this.#skipDowntime = its.skip
  }

  /** `skipDowntime`: leases of a killed service have ended when the next one starts, by the clocks of all. */
  static async open(options: TenantOptions, { skipDowntime }: { skipDowntime: boolean }): Promise<ChaosLab> {
    const clock = new ChaosClock()
    const tenant = await startTenant({ page: false, clock, rate: RATE, ...options })
    const dir = await mkdtemp(join(tmpdir(), 'chaos-'))
    const port = await freePort()
    tenant.webhookUrl = `http://127.0.0.1:${port}`
    return new ChaosLab({ tenant, dir, clock, port, skip: skipDowntime })
  }

  /** Starts the next service; resolves when it listens, or stands still before it does. */
  async start(how: { instant?: Instant; record?: boolean } = {}): Promise<ServiceProcess> {
    if (this.#skipDowntime && this.starts > 0) this.#clock.skippedMs += LEASE_SECONDS * 1000 + 100
    this.starts++
    const { tenant, dir } = this
    const skipMs = this.#clock.skippedMs
    this.#service = new ServiceProcess({ tenant, dir, port: this.#port, skipMs, ...how })
    await this.#service.listening
    return this.#service
  }

  /** SIGKILL. `at` says where, for the count. */
  async kill(service: ServiceProcess, at: string): Promise<void> {
    const complaint = await service.kill()
    this.killedAt.push(this.#clock.now())
    this.killsAt[at] = (this.killsAt[at] ?? 0) + 1
    this.complaints.push(...service.complaints, ...(complaint ? [complaint] : []))
  }

  /** SIGTERM. */
  async stop(service: ServiceProcess): Promise<void> {
    this.ended(service, await service.stop())
  }

  /** Judges the end of a service that was asked to end. */
  ended(service: ServiceProcess, code: number | null): void {
    this.complaints.push(...service.complaints, ...(code === 0 ? [] : [`the service ended with ${code}`]))
  }

  async world(): Promise<World> {
    return {
      tenant: await readTenant(this.tenant),
      records: readRecords(this.dir),
      ...(await readPackages(this.dir)),
      killedAt: this.killedAt,
      workers: WORKERS,
      excused: EXCUSED,
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#service?.[Symbol.asyncDispose]()
    await this.tenant.close()
    await rm(this.dir, { recursive: true, force: true })
  }
}

const freePort = async (): Promise<number> => {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}
