import fc from 'fast-check'
import { pino } from 'pino'
import { expect, test } from 'vitest'
import { Fault } from '../../src/base/fault.ts'
import type { Benchling } from '../../src/benchling/ports.ts'
import type { CanvasPorts } from '../../src/canvas/canvas-ports.ts'
import { type CanvasState, NEW_CANVAS } from '../../src/canvas/canvas-state.ts'
import { isRead } from '../../src/canvas/session-state.ts'
import { SESSIONS_REFUSED_MS } from '../../src/canvas/session-trouble.ts'
import { createShowSession } from '../../src/canvas/show-session.ts'
import type { Job, Run, Subjects } from '../../src/jobs/ports.ts'
import { newSubject } from '../../src/jobs/subject.ts'
import { type EntryState, NEW_ENTRY, type Progress } from '../../src/packaging/entry-state.ts'
import { FakeClock } from '../support/clock.ts'

/** What happens to an entry, its canvas, and Benchling. */
type Event =
  | {
      readonly does: 'begin' | 'fail' | 'again' | 'replace' | 'bury' | 'hand over' | 'late' | 'click' | 'draw'
    }
  | { readonly does: 'phase'; readonly phase: Progress['phase'] }
  | { readonly does: 'finish'; readonly revision: number }
  | { readonly does: 'wait'; readonly seconds: number }
  | { readonly does: 'trouble'; readonly how: Trouble; readonly times: number }
/** A refusal, an answer that does not come, or one that does not come though it was done. */
type Trouble = 'benchling.forbidden' | 'benchling.rejected' | 'benchling.unavailable' | 'unheard'

const REST = { facts: { size: 1, hash: 'x' }, files: 1, bytes: 1, overdue: false }

class World {
  readonly clock = new FakeClock()
  entry: EntryState = { ...NEW_ENTRY, displayId: 'EXP1', packageName: 'benchling/EXP1' }
  run: Pick<Run, 'id' | 'owner' | 'replaces'> | null = null
  canvas: CanvasState = { ...NEW_CANVAS, appId: 'app_1', entryId: 'etr_1' }
  sessionId: string | null = null
  readonly sessions: { status: string; messages: readonly string[] }[] = []
  /** Calls about sessions. */
  calls = 0
  readonly #trouble: Trouble[] = []
  readonly #show = createShowSession(this.#ports())
  #runs = 0

  happen(event: Event): void | Promise<void> {
    const { entry, run } = this
    const at = this.clock.now()
    const end = (change: Partial<EntryState>) => {
      this.run = null
      this.entry = { ...entry, progress: null, failure: null, ...change }
    }
    const begin = (replaces: Run['replaces']) => {
      this.run = { id: `run-${++this.#runs}`, owner: 'me', replaces: replaces ?? [] }
      this.#enter('reading')
    }
    const failure = (retryAt: number | null) => ({
      code: 'store.unavailable', message: 'It does not answer.', hint: 'Wait.', at, retryAt, attempt: 1, run: run?.id ?? '',
    }) // biome-ignore format: one failure
    const runs = run?.owner != null
    switch (event.does) {
      case 'begin':
        return run === null ? begin([]) : undefined
      case 'phase':
        return runs ? this.#enter(event.phase) : undefined
      case 'fail':
        if (!runs) return
        this.run = { ...run, owner: null }
        this.entry = { ...entry, progress: null, failure: failure(at) }
        return
      case 'again':
        if (run === null || runs) return
        this.run = { ...run, owner: 'me' }
        return this.#enter('reading')
      case 'replace':
        return run === null || runs ? undefined : begin([{ id: run.id, renewals: 0 }])
      case 'bury':
        return runs ? end({ failure: failure(null) }) : undefined
      case 'finish':
        if (!runs) return
        return end({ handedOver: null, revision: revision(event.revision, at) })
      case 'hand over': {
        const messageId = `message-${run?.id}`
        return runs
          ? end({ handedOver: { ...REST, topHash: null, packageName: 'benchling/EXP1', messageId, at } })
          : undefined
      }
      case 'late':
        if (run === null && entry.handedOver)
          this.entry = { ...entry, handedOver: { ...entry.handedOver, overdue: true } }
        return
      case 'click':
        this.canvas = { ...this.canvas, clickedAt: at }
        return
      case 'wait':
        return this.clock.advance(event.seconds * 1_000)
      case 'trouble':
        this.#trouble.push(...Array<Trouble>(event.times).fill(event.how))
        return
      case 'draw':
        return this.draw()
    }
  }

  async draw(): Promise<void> {
    const detached = isRead(this.canvas.session, this.canvas.clickedAt ?? 0)
    if (detached) this.sessionId = null
    const job = {
      key: 'canvas:cnvs_1',
      state: this.canvas,
      signal: new AbortController().signal,
      log: pino({ level: 'silent' }),
      progress: async (change: (state: CanvasState) => CanvasState) => {
        this.canvas = change(this.canvas)
      },
    } as unknown as Job<CanvasState>
    const { session } = await this.#show('cnvs_1', job, { detached, removed: false })
    this.canvas = { ...this.canvas, session }
  }

  /** All work is done, nothing is wrong any more, and the canvas is drawn. */
  async rest(): Promise<void> {
    this.#trouble.length = 0
    await this.clock.advance(SESSIONS_REFUSED_MS)
    await this.happen({ does: 'again' })
    await this.happen({ does: 'finish', revision: 9 })
    await this.draw()
  }

  #enter(phase: Progress['phase']): void {
    const none = { filesDone: 0, filesTotal: 0, bytesDone: 0, bytesTotal: 0 }
    this.entry = { ...this.entry, progress: { phase, since: this.clock.now(), ...none } }
  }

  #ports(): CanvasPorts {
    const answered = <T>(does: () => T): T => {
      this.calls++
      const trouble = this.#trouble.shift()
      if (trouble === 'unheard') does()
      if (trouble) throw new Fault(trouble === 'unheard' ? 'benchling.timeout' : trouble)
      return does()
    }
    const benchling: Pick<Benchling, 'createSession' | 'updateSession' | 'updateCanvas'> = {
      createSession: async ({ messages = [] }) =>
        answered(() => {
          this.sessions.push({ status: 'RUNNING', messages: messages.map(({ content }) => content) })
          return { id: `${this.sessions.length - 1}` }
        }),
      updateSession: async (id, { messages, status }) =>
        answered(() => {
          const session = this.sessions[Number(id)]!
          if (session.status !== 'RUNNING') throw new Fault('benchling.forbidden')
          if (messages) session.messages = messages.map(({ content }) => content)
          if (status) session.status = status
        }),
      updateCanvas: async (_, { sessionId }) =>
        answered(() => {
          if (sessionId !== undefined) this.sessionId = sessionId
          return {} as Awaited<ReturnType<Benchling['updateCanvas']>>
        }),
    }
    const get: Subjects['get'] = async (key) => {
      if (key.startsWith('canvas:')) return newSubject(key, this.canvas)
      const { run, entry: state } = this
      const lease = { leaseUntil: Number.MAX_SAFE_INTEGER, covers: 1, causes: [], startedAt: 0 }
      const open = run && { wanted: 1, dueAt: run.owner === null ? Number.MAX_SAFE_INTEGER : null }
      return { ...newSubject(key, state), ...open, run: run && ({ ...lease, ...run } as unknown as Run) }
    }
    return { benchling, subjects: { get }, clock: this.clock } as unknown as CanvasPorts
  }
}

const revision = (n: number, at: number) => ({
  topHash: `${n}`.repeat(64), files: 1, bytes: 1, publishedAt: at, unchangedAt: null,
}) // biome-ignore format: one revision

const anyEvent: fc.Arbitrary<Event> = fc.oneof(
  { weight: 8, arbitrary: fc.constant<Event>({ does: 'draw' }) },
  { weight: 3, arbitrary: fc.constantFrom<Event[]>({ does: 'begin' }, { does: 'again' }) },
  fc.constantFrom<Event[]>({ does: 'fail' }, { does: 'replace' }, { does: 'bury' }, { does: 'hand over' }, { does: 'late' }, { does: 'click' }),
  { weight: 3, arbitrary: fc.constantFrom('exporting', 'uploading', 'publishing').map((phase): Event => ({ does: 'phase', phase: phase as Progress['phase'] })) },
  fc.integer({ min: 1, max: 3 }).map((n): Event => ({ does: 'finish', revision: n })),
  fc.integer({ min: 1, max: 120 }).map((seconds): Event => ({ does: 'wait', seconds })),
  fc
    .record({
      how: fc.constantFrom<Trouble[]>('benchling.forbidden', 'benchling.rejected', 'benchling.unavailable', 'unheard'),
      times: fc.integer({ min: 1, max: 3 }),
    })
    .map((trouble): Event => ({ does: 'trouble', ...trouble })),
) // biome-ignore format: a table

const outcomeNow = ({ failure, handedOver, revision: now }: EntryState): RegExp => {
  if (failure) return /^FAILED .*It does not answer/
  if (handedOver) return handedOver.overdue ? /^COMPLETED_WITH_WARNINGS / : /^RUNNING .*Handed to Quilt/
  return now ? new RegExp(`^SUCCEEDED .* revision ${now.topHash.slice(0, 10)}`) : /^SUCCEEDED .*read/
}

test('whatever happens, the banner of a canvas at rest says what the record says, or there is none', async () => {
  let banners = 0
  await fc.assert(
    fc.asyncProperty(fc.array(anyEvent, { minLength: 10, maxLength: 60 }), async (events) => {
      const world = new World()
      for (const event of events) await world.happen(event)
      await world.rest()
      for (const { messages } of world.sessions) expect(messages.length).toBeLessThanOrEqual(10)
      if (world.sessionId === null) return
      banners++
      const { status, messages } = world.sessions[Number(world.sessionId)]!
      expect(`${status} ${messages.join(' ')}`).toMatch(outcomeNow(world.entry))
    }),
    { numRuns: 300 },
  )
  expect(banners).toBeGreaterThan(50)
})

test('without trouble, a run has one session, which costs eleven calls at most, its banner’s going included', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(anyEvent, { minLength: 10, maxLength: 60 }), async (events) => {
      const world = new World()
      let begun = 0
      for (const event of events) {
        if (event.does === 'trouble') continue
        if (event.does === 'begin' && world.run === null) begun++
        await world.happen(event)
      }
      await world.rest()
      expect(world.sessions.length).toBeLessThanOrEqual(begun)
      expect(world.calls).toBeLessThanOrEqual(11 * world.sessions.length)
    }),
    { numRuns: 300 },
  )
})
