import { setTimeout as sleep } from 'node:timers/promises'
import type { DeliveryView } from '../../src/simulator/page-contract.ts'
import type { Tenant } from '../../src/simulator/tenant.ts'
import { ChaosLab } from './chaos-lab.ts'
import { problemsOf } from './invariants/all.ts'
import { canvasesAreTruthful, recordsAreTruthful } from './invariants/canvases.ts'
import { nextDeath } from './kill-plan.ts'
import { lastEdit, People, seedEntries } from './people.ts'
import { atRest, isAcknowledged } from './rest.ts'
import type { ServiceProcess } from './service-process.ts'
import type { World } from './world.ts'

export type ChaosOptions = {
  readonly deliveries: number
  readonly kills: number
  readonly seed: number
  readonly minutes: number
  /** Leases of a killed service are over when the next starts: for short tests. */
  readonly skipDowntime?: boolean
  /** Of the services that are killed, ms. */
  readonly longestLifeMs?: number
}

export type ChaosReport = {
  readonly seed: number
  /** Deliveries and deliberate repetitions of deliveries. */
  readonly deliveries: number
  /** Attempts of all kinds. */
  readonly sent: number
  readonly duplicates: number
  /** Attempts after the first of each sending: because there was no 2xx, or because it arrived twice. */
  readonly resent: number
  /** webhook-ids that got a 2xx. */
  readonly acknowledged: number
  readonly kills: number
  readonly killsAt: Readonly<Record<string, number>>
  readonly restarts: number
  readonly entries: number
  readonly packages: number
  readonly revisions: number
  readonly exports: number
  readonly canvases: number
  readonly buried: number
  /** What lies in the folder and no revision refers to. */
  readonly unreferencedObjects: number
  readonly unnamedManifests: number
  readonly seconds: number
  readonly problems: readonly string[]
}

const DUPLICATE_SHARE = 0.3
const BURST_SHARE = 0.15
const LONGEST_PAUSE_MS = 120
const HEALING_ROUNDS = 4
const LONGEST_LIFE_MS = 4_000
const EXPORT_MS = [50, 600] as const

/**
 * People work in a notebook while the service is killed and started again and again; then all comes to rest and is
 * judged. What people try and where the kills are aimed follows from the seed; when it happens, and so what comes of it,
 * does not: the clock is the real one.
 */
export const runChaos = async (options: ChaosOptions): Promise<ChaosReport> => {
  const started = performance.now()
  const until = started + options.minutes * 60_000
  const people = (tenant: Tenant) => new People(tenant, options.seed)
  await using lab = await ChaosLab.open(
    {
      seed: options.seed,
      entries: seedEntries(Math.max(2, Math.min(8, Math.ceil(options.deliveries / 10)))),
      exportMs: EXPORT_MS,
    },
    { skipDowntime: options.skipDowntime ?? false },
  )
  const work = new Work(lab.tenant, people(lab.tenant), options.deliveries)
  const deaths = new People(lab.tenant, options.seed + 1)
  const problems: string[] = []

  for (let life = 0; life < options.kills && performance.now() < until; life++) {
    const { instant, withinMs } = nextDeath(deaths, options.longestLifeMs ?? LONGEST_LIFE_MS)
    const service = await lab.start(instant ? { instant } : {})
    deaths.trouble()
    const share = Math.ceil((options.deliveries - work.done) / (options.kills - life + 1))
    const working = work.go(share)
    const over = new AbortController()
    const at = await Promise.race([
      service.stopped,
      sleep(withinMs, 'some time', { signal: over.signal }).catch(() => ''),
    ])
    over.abort()
    await lab.kill(service, at)
    await working
  }

  lab.tenant.faults.clear()
  const last = await lab.start()
  await work.go(options.deliveries - work.done)
  if (await atRest(lab.tenant, lab.dir, until)) problems.push(...truthOnTheWay(await lab.world()))
  problems.push(...(await healed(lab, until)))
  await endWith(lab, last)
  const world = await lab.world()
  problems.push(...problemsOf(world), ...lab.complaints)
  return {
    seed: options.seed,
    deliveries: work.done,
    ...sendings(lab.tenant.deliveries),
    duplicates: work.duplicates,
    kills: lab.killedAt.length,
    killsAt: lab.killsAt,
    restarts: lab.starts - 1,
    ...figures(world),
    seconds: Math.round((performance.now() - started) / 100) / 10,
    problems,
  }
}

/** What people do, one thing after another, each with its delivery, and the deliveries that come again. */
class Work {
  done = 0
  duplicates = 0
  readonly #tenant: Tenant
  readonly #people: People
  readonly #total: number

  constructor(tenant: Tenant, people: People, total: number) {
    this.#tenant = tenant
    this.#people = people
    this.#total = total
  }

  /** Resolves when the first attempt of each of the next `count` was answered, or was not. */
  async go(count: number): Promise<void> {
    const sent: Promise<unknown>[] = []
    const end = Math.min(this.#total, this.done + count)
    let burst = 0
    let entryId = this.#people.entryId()
    while (this.done < end) {
      this.done++
      const known = this.#tenant.deliveries
      if (known.length > 0 && this.#people.chance(DUPLICATE_SHARE)) {
        this.duplicates++
        sent.push(this.#tenant.redeliver(this.#people.pick(known).id))
        continue
      }
      if (burst > 0) burst--
      else {
        entryId = this.#people.entryId()
        if (this.#people.chance(BURST_SHARE)) burst = 2 + this.#people.below(5)
      }
      sent.push(this.#people.act(entryId))
      if (burst === 0) await sleep(this.#people.below(LONGEST_PAUSE_MS))
    }
    await Promise.all(sent)
  }
}

/** What a fault of the tenant buried stays so until somebody asks again: until then the canvas must say so. */
const truthOnTheWay = (world: World): string[] =>
  [...canvasesAreTruthful(world), ...recordsAreTruthful(world)].map((problem) => `on the way: ${problem}`)

/** Everybody asks again for what failed, until all has come to rest well. */
const healed = async (lab: ChaosLab, until: number): Promise<string[]> => {
  for (let round = 0; round < HEALING_ROUNDS; round++) {
    if (!(await atRest(lab.tenant, lab.dir, until))) return ['all did not come to rest in time']
    const { records } = await lab.world()
    const failed = records.subjects.filter(({ state }) => state.failure)
    if (failed.length === 0) return []
    for (const { key } of failed) await lab.tenant.created(key.slice('entry:'.length))
  }
  return [`there are failures still after ${HEALING_ROUNDS} rounds`]
}

const endWith = async (lab: ChaosLab, service: ServiceProcess): Promise<void> => {
  await lastEdit(lab.tenant)
  await atRest(lab.tenant, lab.dir, performance.now() + 30_000)
  await lab.stop(service)
}

const sendings = (deliveries: readonly DeliveryView[]) => {
  const byId = Map.groupBy(deliveries, ({ id }) => id)
  return {
    sent: deliveries.reduce((sum, { attempts }) => sum + attempts.length, 0),
    resent: deliveries.reduce((sum, { attempts }) => sum + Math.max(0, attempts.length - 1), 0),
    acknowledged: [...byId.values()].filter(isAcknowledged).length,
  }
}

const figures = ({ tenant, packages, records, folder }: World) => ({
  entries: tenant.entries.length,
  packages: packages.length,
  revisions: packages.reduce((sum, { revisions }) => sum + revisions.length, 0),
  exports: tenant.entries.reduce((sum, { exports }) => sum + exports.length, 0),
  canvases: tenant.canvases.length,
  buried: records.runs.filter(({ outcome }) => outcome === 'buried').length,
  unreferencedObjects: folder.unreferenced.length,
  unnamedManifests: folder.unnamed.length,
})
