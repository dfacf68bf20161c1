import { bufferSource } from '../../src/simulator/archive/byte-source.ts'
import { ChaosLab } from './chaos-lab.ts'
import { problemsOf } from './invariants/all.ts'
import { lastEdit, seedEntries } from './people.ts'
import { atRest } from './rest.ts'
import type { ServiceProcess } from './service-process.ts'

/** Services under way at once. */
const AT_ONCE = 2
/** One life of an entry must come to rest within this. */
const REST_WITHIN_MS = 30_000

export type EveryInstantReport = {
  /** Instants of one undisturbed life of an entry, start and end of the service included. */
  readonly instants: number
  /** Kills, one for each of these instants. */
  readonly kills: number
  readonly killsAt: Readonly<Record<string, number>>
  readonly kinds: number
  readonly exports: number
  readonly unreferencedObjects: number
  readonly unnamedManifests: number
  readonly seconds: number
  readonly problems: readonly string[]
}

/**
 * Kills the service at every instant of the life of one entry, one after the other: the first, the second, … until an
 * instant never comes because that life has fewer. Every time another service goes on, and all invariants are judged.
 * `from` and `to` (inclusive) are for tests of one instant.
 */
export const everyInstant = async (options: {
  readonly minutes: number
  readonly from?: number
  readonly to?: number
  /** Told of each problem as it is found. */
  readonly onProblem?: (problem: string) => void
}): Promise<EveryInstantReport> => {
  const started = performance.now()
  const until = started + options.minutes * 60_000
  const total = { killsAt: {} as Record<string, number>, kills: 0, exports: 0, objects: 0, manifests: 0 }
  const problems: string[] = []
  const instants = await countInstants()
  const order = instantsInOrder(instants, options)
  let over = false

  const worker = async (): Promise<void> => {
    for (const nth of order) {
      if (over || performance.now() >= until) return
      const life = await lifeWithKill(nth)
      for (const one of life.problems) {
        const problem = `instant ${nth} (${life.at ?? 'none'}): ${one}`
        problems.push(problem)
        options.onProblem?.(problem)
      }
      if (life.at === null) {
        over = options.to === undefined && nth > instants
        continue
      }
      total.kills++
      total.killsAt[life.at] = (total.killsAt[life.at] ?? 0) + 1
      total.exports += life.exports
      total.objects += life.unreferencedObjects
      total.manifests += life.unnamedManifests
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, worker))
  if (!over && options.to === undefined)
    problems.push(`there was no time for all instants: ${total.kills} of ${instants} were tried`)
  return {
    instants,
    kills: total.kills,
    killsAt: total.killsAt,
    kinds: Object.keys(total.killsAt).length,
    exports: total.exports,
    unreferencedObjects: total.objects,
    unnamedManifests: total.manifests,
    seconds: Math.round((performance.now() - started) / 100) / 10,
    problems,
  }
}

/**
 * All of them, spread evenly so that a run that is cut short has seen something of everywhere; then those that a life has
 * more than the recorded one. Shared by the workers.
 */
function* instantsInOrder(count: number, { from, to }: { from?: number; to?: number }): Generator<number> {
  const first = from ?? 1
  const length = (to ?? count) - first + 1
  const step = strideFor(length)
  for (let i = 0; i < length; i++) yield first + ((i * step) % length)
  if (to === undefined) for (let nth = count + 1; ; nth++) yield nth
}

/** About 0.618 of the length, and without a common divisor. */
const strideFor = (length: number): number => {
  const divisor = (a: number, b: number): number => (b === 0 ? a : divisor(b, a % b))
  let stride = Math.max(1, Math.round(length * 0.618))
  while (divisor(stride, length) !== 1) stride++
  return stride
}

const openLab = (): Promise<ChaosLab> =>
  ChaosLab.open({ entries: seedEntries(1), exportMs: 0 }, { skipDowntime: true })

const countInstants = async (): Promise<number> => {
  await using lab = await openLab()
  const service = await lab.start({ record: true })
  for (const act of ACTS) await act(lab)
  await lab.stop(service)
  return service.told.filter(({ at }) => !at.startsWith('after ')).length
}

const lifeWithKill = async (nth: number) => {
  await using lab = await openLab()
  const first = await lab.start({ instant: { at: null, nth } })
  let struck: string | null = null
  let service: ServiceProcess = first
  const killed = first.stopped.then(async (at) => {
    struck = at
    await lab.kill(first, at)
    service = await lab.start()
  })
  for (const act of ACTS) await act(lab)
  // The end of the service has its instants too.
  const code = struck === null ? await Promise.race([first.stop(), killed.then(() => 0)]) : 0
  if (struck === null) lab.ended(first, code)
  if (struck !== null) {
    await killed
    await rest(lab)
    await lastEdit(lab.tenant)
    await rest(lab)
    await lab.stop(service)
  }
  const world = await lab.world()
  return {
    at: struck as string | null,
    problems: [...problemsOf(world), ...lab.complaints],
    exports: world.tenant.entries.reduce((sum, { exports }) => sum + exports.length, 0),
    unreferencedObjects: world.folder.unreferenced.length,
    unnamedManifests: world.folder.unnamed.length,
  }
}

const rest = async (lab: ChaosLab): Promise<void> => {
  if (!(await atRest(lab.tenant, lab.dir, performance.now() + REST_WITHIN_MS)))
    lab.complaints.push('all did not come to rest in time')
}

/** A canvas is inserted, which asks for a package; then the entry changes: a field, and another file. */
const ACTS: readonly ((lab: ChaosLab) => Promise<void>)[] = [
  async (lab) => {
    const [entry] = lab.tenant.entries.list()
    await lab.tenant.insertCanvas(entry!.api.id)
    await rest(lab)
  },
  async (lab) => {
    const [entry] = lab.tenant.entries.list()
    const { id } = entry!.api
    lab.tenant.entries.addAttachment(id, {
      name: 'second.csv',
      content: bufferSource(Buffer.from('well,od\nA1,2\n')),
      scanned: false,
    })
    lab.tenant.entries.update(id, { fields: { Project: 'Inhibition' } })
    await lab.tenant.save(id)
    await rest(lab)
  },
]
