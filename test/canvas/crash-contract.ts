import { pino } from 'pino'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Fault } from '../../src/base/fault.ts'
import { readButton } from '../../src/canvas/buttons.ts'
import { canvasJob } from '../../src/canvas/canvas-job.ts'
import type { CanvasState } from '../../src/canvas/canvas-state.ts'
import { NO_LINKS } from '../../src/canvas/links.ts'
import { readRouteData } from '../../src/canvas/route.ts'
import type { Key } from '../../src/jobs/ports.ts'
import { touchOf } from '../../src/jobs/subject.ts'
import { createWorker, type Worker } from '../../src/jobs/worker.ts'
import { localBell } from '../../src/local/bell.ts'
import { type EntryState, NEW_ENTRY } from '../../src/packaging/entry-state.ts'
import { packageName } from '../../src/quilt/names.ts'
import type { LogicalKey, TopHash } from '../../src/quilt/types.ts'
import { plan } from '../../src/webhook/routing.ts'
import type { OpenTwo } from '../jobs/shared-contract.ts'
import { delivery, type JobsStore, observed } from '../jobs/support.ts'
import { never } from '../jobs/worker-harness.ts'
import { MemoryRegistry } from '../packaging/memory-registry.ts'
import { Canvases } from '../support/canvases.ts'
import { FakeClock } from '../support/clock.ts'

/** A click that a crash killed is promised to be repaired within half a minute; half of that is left for slow machines. */
const REPAIRED_WITHIN_MS = 15_000
/** Calls of a process between its start and the end of a click's run, and some more. */
const INSTANTS = 24
const CANVAS: Key = 'canvas:cnvs_1'
const NAME = packageName('benchling/EXP1')
const HASH = 'a'.repeat(64) as TopHash

/** A process that dies at its `n`th call: the call comes to pass or not, but nobody learns of it. */
const dyingAt = (n: number, comesToPass: boolean) => {
  let calls = 0
  return <T extends object>(target: T): T =>
    new Proxy(target, {
      get: (of, name) => {
        const member = Reflect.get(of, name) as unknown
        if (typeof member !== 'function') return member
        return async (...given: unknown[]) => {
          calls++
          if (calls === n && comesToPass) await (member.apply(of, given) as Promise<unknown>).catch(() => {})
          return calls >= n ? never : member.apply(of, given)
        }
      },
    })
}

/** Two processes that share the records, Benchling and a registry; one of them dies. */
class Lab {
  readonly clock = new FakeClock()
  readonly canvases = new Canvases()
  readonly registry = new MemoryRegistry()
  readonly bell = localBell()
  readonly #workers: Worker[] = []
  #stores: readonly [JobsStore, JobsStore] | null = null

  async open(openTwo: OpenTwo): Promise<void> {
    const [one, other] = (await openTwo(this.clock)).map(observed)
    if (!one || !other) throw new Error('a lab has two processes')
    this.#stores = [one.store, other.store]
    this.clock.settle = async () => {
      for (const { rest } of [one, other, one]) await rest(3)
    }
    this.canvases.insert('cnvs_1', 'etr_1')
    const files = Array.from({ length: 40 }, (_, at) => ({ logicalKey: `${at}.csv` as LogicalKey, size: at }))
    const published = { name: NAME, topHash: HASH, header: { version: 'v0' }, entries: files }
    this.registry.published.push(published as never)
    const revision = { topHash: HASH, files: 40, bytes: 1, publishedAt: 1, unchangedAt: null }
    const packaged: EntryState = { ...NEW_ENTRY, displayId: 'EXP1', packageName: NAME, revision }
    await this.subjects(0).touch([
      touchOf<EntryState>({ key: 'entry:etr_1', initial: packaged, change: (subject) => subject }),
    ])
  }

  subjects(process: 0 | 1) {
    if (!this.#stores) throw new Error('the lab is not open')
    return this.#stores[process].subjects
  }

  start(process: 0 | 1, as: <T extends object>(target: T) => T = (target) => target): void {
    const subjects = as(this.subjects(process))
    const benchling = as(this.canvases.benchling)
    const reader = as(this.registry.port())
    const ports = { benchling, subjects, clock: this.clock, links: NO_LINKS, footer: 'Rev 1', bucket: null }
    const worker = createWorker({
      subjects,
      journal: as(this.#stores![process].journal),
      bell: this.bell,
      kinds: { canvas: canvasJob({ ...ports, reader: async () => reader }) },
      clock: this.clock,
      log: pino({ level: 'silent' }),
      owner: `process ${process}`,
      concurrency: 1,
      version: '1',
      random: () => 0.5,
    })
    this.#workers.push(worker)
    worker.start()
  }

  async click(buttonId: string, id: string): Promise<void> {
    this.canvases.click('cnvs_1')
    const record = await this.subjects(1).get(CANVAS)
    const at = this.clock.now()
    const cause = { delivery: id, type: 'v2.canvas.userInteracted', at, by: 'ent_1' }
    const button = readButton(buttonId)
    const request = { kind: 'click', canvasId: 'cnvs_1', featureId: 'f', button } as const
    const { touches } = plan(request, { appId: 'app_1', cause, record })
    await this.subjects(1).record(delivery(id, at, { type: cause.type }), touches)
  }

  /** Lets so much time pass; true as soon as the canvas is enabled. */
  async enabledWithin(ms: number): Promise<boolean> {
    await this.clock.settle()
    for (let passed = 0; passed < ms && !this.canvases.enabled('cnvs_1'); passed += 1_000)
      await this.clock.advance(1_000)
    return this.canvases.enabled('cnvs_1')
  }

  async close(): Promise<void> {
    const drained = Promise.all(this.#workers.map((worker) => worker.drain(0)))
    let over = false
    void drained.then(() => {
      over = true
    })
    for (let passed = 0; !over && passed < 60; passed++) await this.clock.advance(1_000)
    await Promise.all(this.#stores!.map((store) => store.close()))
  }
}

/** What a canvas must come to over any jobs store when a process is killed while it answers a click. */
export const describeCanvasCrash = (name: string, openTwo: OpenTwo): void => {
  const instants = Array.from({ length: INSTANTS }, (_, n) => [n + 1, true] as const).flatMap((one) => [
    one,
    [one[0], false] as const,
  ])

  describe(`a click over ${name}, answered by a process that is killed`, () => {
    let lab: Lab
    beforeEach(async () => {
      lab = new Lab()
      await lab.open(openTwo)
    })
    afterEach(() => lab.close())

    const title = () => lab.canvases.text('cnvs_1').match(/## (?:Files|Metadata|Revisions|[A-Za-z ]+)/)?.[0]
    const expectTruth = async (headline: string) => {
      expect(title()).toBe(headline)
      const state = (await lab.subjects(1).get(CANVAS))?.state as CanvasState
      expect(readRouteData(lab.canvases.shown.get('cnvs_1')?.data ?? null)).toEqual(state.route)
    }

    it.each(instants)(
      'at its call %i (which comes to pass: %s), is answered soon by one that starts then',
      async (n, comesToPass) => {
        lab.start(0, dyingAt(n, comesToPass))
        await lab.click('files', 'd1')
        await lab.bell.ring(CANVAS, 'd1')
        await lab.clock.advance(2_000)
        lab.start(1)
        expect(await lab.enabledWithin(REPAIRED_WITHIN_MS - 2_000)).toBe(true)
        await expectTruth('## Files')
      },
    )

    it.each(instants)(
      'at its call %i (which comes to pass: %s), is answered by one beside it, though nobody rang',
      async (n, comesToPass) => {
        await lab.click('metadata', 'd1')
        lab.start(0, dyingAt(n, comesToPass))
        lab.start(1)
        expect(await lab.enabledWithin(REPAIRED_WITHIN_MS)).toBe(true)
        await expectTruth('## Metadata')
      },
    )

    it('is answered by the newest of two presses, whichever process had the older', async () => {
      lab.start(0)
      await lab.click('files', 'd1')
      await lab.clock.advance(3_000)
      await expectTruth('## Files')
      lab.canvases.faults.push(new Fault('benchling.unavailable'))
      await lab.click('metadata', 'd2')
      await lab.bell.ring(CANVAS, 'd2')
      await lab.clock.settle()
      lab.start(1)
      await lab.click('revisions', 'd3')
      expect(await lab.enabledWithin(REPAIRED_WITHIN_MS)).toBe(true)
      await lab.clock.advance(5_000)
      await expectTruth('## Revisions')
    })
  })
}
