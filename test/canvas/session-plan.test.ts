import { describe, expect, it } from 'vitest'
import { type EntryWork, nextStep, SESSION_LINES } from '../../src/canvas/session-plan.ts'
import { type CanvasSession, LOST } from '../../src/canvas/session-state.ts'
import { type EntryState, NEW_ENTRY, type Progress } from '../../src/packaging/entry-state.ts'

const T0 = Date.UTC(2026, 10, 23, 12)
const MINUTE = 60_000
const HASH = 'abcdef0123'.padEnd(64, '4')

const progress = (phase: Progress['phase'], more: Partial<Progress> = {}): Progress => ({
  phase,
  since: T0,
  filesDone: 1,
  filesTotal: 0,
  bytesDone: 0,
  bytesTotal: 0,
  ...more,
})
const failure = (run: string, more: Partial<EntryState['failure']> = {}): EntryState['failure'] => ({
  code: 'export.failed',
  message: 'Benchling could not make the export. The item {id:etr_1} is *locked*\nin C:\\lab\\{x}.',
  hint: 'Press Retry. If it stays, export the entry by hand in Benchling.',
  at: T0 + MINUTE,
  retryAt: null,
  attempt: 1,
  run,
  ...more,
})
const handedOver = (more: Partial<EntryState['handedOver']> = {}): EntryState['handedOver'] => ({
  topHash: null,
  packageName: 'benchling/EXP1',
  messageId: 'msg-1',
  at: T0 + 2 * MINUTE,
  files: 3,
  bytes: 1_000,
  facts: { size: 1, hash: 'x' },
  overdue: false,
  ...more,
})
const revision = (more: Partial<EntryState['revision']> = {}): EntryState['revision'] => ({
  topHash: HASH,
  files: 14,
  bytes: 3_400_000,
  publishedAt: T0 + 5 * MINUTE,
  unchangedAt: null,
  ...more,
})

const work = (
  status: EntryWork['status'],
  run: string | null,
  entry: Partial<EntryState> = {},
  replaces: readonly string[] = [],
): EntryWork => ({
  status,
  run: run === null ? null : { id: run, replaces: replaces.map((id) => ({ id, renewals: 0 })) },
  entry: { ...NEW_ENTRY, displayId: 'EXP1', packageName: 'benchling/EXP1', ...entry },
})
const running = (run: string, phase: Progress['phase'], entry: Partial<EntryState> = {}) =>
  work('running', run, { progress: progress(phase), ...entry })

const open = (more: Partial<CanvasSession> = {}): CanvasSession => ({
  id: 'sesn_1',
  about: 'run-1',
  at: T0,
  lines: [{ key: 'run-1:exporting', style: 'INFO', content: '12:00 UTC Benchling prepares the export.' }],
  attached: true,
  ended: null,
  ...more,
})
const ended = (as: string, more: Partial<CanvasSession> = {}): CanvasSession =>
  open({ lines: [], ended: { as, clickedAt: 0 }, ...more })

const here = { mayCreate: true, removed: false }
const step = (session: CanvasSession | null, now: EntryWork, canvas = here) => nextStep(session, now, canvas)

describe('A session is made', () => {
  it.each<[string, EntryWork]>([
    ['for an export', running('run-1', 'exporting')],
    [
      'for files',
      work('running', 'run-1', { progress: progress('uploading', { filesTotal: 1, bytesTotal: 5 }) }),
    ],
    ['for documents', running('run-1', 'uploading')],
    ['for publishing', running('run-1', 'publishing')],
    [
      'for a run that is tried again',
      work('retrying', 'run-1', { failure: failure('run-1', { retryAt: T0 }) }),
    ],
    ['for a hand-over that waits', work('queued', null, { handedOver: handedOver() })],
    ['for a hand-over that is looked after', running('run-2', 'reading', { handedOver: handedOver() })],
    ['though an earlier run had one', running('run-2', 'exporting', { revision: revision() })],
  ])('%s', (name, now) => {
    const session = name.startsWith('though') ? ended(`packaged:${HASH}`) : null
    const made = step(session, now)
    expect(made).toMatchObject({ do: 'create' })
    expect(made).toMatchSnapshot()
  })

  it.each<[string, CanvasSession | null, EntryWork]>([
    ['while the entry is read', null, running('run-1', 'reading')],
    ['for a run that waits for its turn', null, work('queued', 'run-1', { progress: progress('exporting') })],
    ['at rest', null, work('idle', null, { revision: revision() })],
    ['for an old failure', null, work('idle', null, { failure: failure('run-1') })],
    [
      'for a hand-over that is overdue',
      null,
      work('queued', null, { handedOver: handedOver({ overdue: true }) }),
    ],
    [
      'where Benchling does not answer',
      null,
      work('retrying', 'run-1', { failure: failure('run-1', { code: 'benchling.unavailable' }) }),
    ],
    ['twice for a run', ended(LOST, { attached: false }), running('run-1', 'publishing')],
    [
      'for what its lost run handed over',
      ended(LOST, { attached: false }),
      work('queued', null, { handedOver: handedOver() }),
    ],
  ])('not %s', (_, session, now) => {
    expect(step(session, now)).toBeNull()
  })

  it('not where none may be made', () => {
    expect(step(null, running('run-1', 'exporting'), { ...here, mayCreate: false })).toBeNull()
    expect(step(null, running('run-1', 'exporting'), { ...here, removed: true })).toBeNull()
  })
})

describe('An open session', () => {
  it('is attached before it says more', () => {
    expect(step(open({ attached: false }), running('run-1', 'publishing'))).toEqual({ do: 'attach' })
  })

  it('says each phase once, and the same failure once', () => {
    const told = step(open(), running('run-1', 'publishing'))
    expect(told).toMatchObject({ do: 'tell', about: 'run-1', line: { key: 'run-1:publishing' } })
    expect(step(open(), running('run-1', 'exporting'))).toBeNull()
    const retrying = work('retrying', 'run-1', { failure: failure('run-1', { retryAt: T0 }) })
    const warned = step(open(), retrying)
    if (warned?.do !== 'tell' || warned.line === null) throw new Error('no warning')
    expect(warned.line).toMatchObject({ style: 'WARNING' })
    const again = work('retrying', 'run-1', {
      failure: failure('run-1', { at: T0 + 9 * MINUTE, attempt: 7 }),
    })
    expect(step(open({ lines: [warned.line] }), again)).toBeNull()
  })

  it('says nothing while the run reads or waits for its turn', () => {
    for (const now of [running('run-1', 'reading'), work('queued', 'run-1')])
      expect(step(open(), now)).toBeNull()
  })

  it('says no more than Benchling’s ten lines with its end', () => {
    const lines = Array.from({ length: SESSION_LINES }, (_, at) => ({ ...open().lines[0]!, key: `${at}` }))
    expect(step(open({ lines }), running('run-1', 'publishing'))).toBeNull()
    const over = step(open({ lines }), work('idle', null, { failure: failure('run-1') }))
    if (over?.do !== 'end') throw new Error('no end')
    expect(lines.length + over.outcome.lines.length).toBeLessThanOrEqual(10)
  })

  it('goes on with a run that takes the place of its own, and with what was handed over', () => {
    const replacing = work('running', 'run-2', { failure: failure('run-1') }, ['run-1'])
    expect(step(open(), replacing)).toBeNull()
    const further = { ...replacing, entry: { ...replacing.entry, progress: progress('exporting') } }
    expect(step(open(), further)).toMatchObject({ do: 'tell', about: 'run-2' })
    const waiting = step(open(), work('queued', null, { handedOver: handedOver() }))
    expect(waiting).toMatchObject({ do: 'tell', about: 'msg-1', line: { style: 'INFO' } })
    const looked = open({ about: 'msg-1', lines: [{ key: 'msg-1', style: 'INFO', content: 'x' }] })
    expect(step(looked, running('run-2', 'reading', { handedOver: handedOver() }))).toBeNull()
    const anew = step(looked, running('run-3', 'exporting', { handedOver: handedOver() }))
    expect(anew).toMatchObject({ do: 'tell', about: 'run-3', line: { key: 'run-3:exporting' } })
  })

  it('takes over a run whose failure hides how its own ended', () => {
    const other = work('retrying', 'run-2', { failure: failure('run-2', { retryAt: T0 }) })
    expect(step(open(), other)).toMatchObject({ do: 'tell', about: 'run-2' })
  })
})

describe('A session ends', () => {
  it.each<[string, string, EntryWork]>([
    ['packaged', 'SUCCEEDED', work('idle', null, { revision: revision() })],
    [
      'packaged, while the next run is under way',
      'SUCCEEDED',
      running('run-2', 'reading', { revision: revision() }),
    ],
    [
      'unchanged',
      'SUCCEEDED',
      work('idle', null, {
        revision: revision({ publishedAt: T0 - 3e7, unchangedAt: T0 + MINUTE, files: 1 }),
      }),
    ],
    ['failed', 'FAILED', work('idle', null, { revision: revision(), failure: failure('run-1') })],
    [
      'failed, while the next run is under way',
      'FAILED',
      running('run-2', 'reading', { failure: failure('run-1') }),
    ],
    [
      'overdue',
      'COMPLETED_WITH_WARNINGS',
      work('queued', null, { handedOver: handedOver({ overdue: true }) }),
    ],
    ['where no packages are made', 'SUCCEEDED', work('idle', null)],
  ])('%s', (_, status, now) => {
    const over = step(open(), now)
    expect(over).toMatchObject({ do: 'end', outcome: { status } })
    expect(over).toMatchSnapshot()
  })

  it('with its canvas, whatever becomes of the run', () => {
    const removed = { ...here, removed: true }
    expect(step(open(), running('run-1', 'publishing'), removed)).toMatchSnapshot()
    const packaged = step(open(), work('idle', null, { revision: revision() }), removed)
    expect(packaged).toMatchObject({ do: 'end', outcome: { status: 'SUCCEEDED' } })
    expect(step(ended('removed'), running('run-1', 'publishing'), removed)).toBeNull()
  })
})

describe('The banner of an ended session', () => {
  it.each<[string, CanvasSession, EntryWork]>([
    ['while it is true', ended(`packaged:${HASH}`), work('idle', null, { revision: revision() })],
    [
      'of a failure, while it is tried again',
      ended('failed:run-1'),
      running('run-2', 'reading', { failure: failure('run-1') }),
    ],
    ['that was taken away', ended(LOST, { attached: false }), work('idle', null, { revision: revision() })],
  ])('stays %s', (_, session, now) => {
    expect(step(session, now)).toBeNull()
  })

  it.each<[string, CanvasSession, EntryWork]>([
    ['was lost', ended(LOST), running('run-1', 'publishing')],
    [
      'says another revision',
      ended(`packaged:${HASH}`),
      work('idle', null, { revision: revision({ topHash: '1' }) }),
    ],
    [
      'says a success before a failure',
      ended(`packaged:${HASH}`),
      work('idle', null, { failure: failure('run-2') }),
    ],
    ['says a failure before a success', ended('failed:run-1'), work('idle', null, { revision: revision() })],
    [
      'says that Quilt is late, though it was done',
      ended('overdue:msg-1'),
      work('idle', null, { revision: revision() }),
    ],
  ])('is taken away when it %s', (_, session, now) => {
    expect(step(session, now)).toEqual({ do: 'detach' })
  })
})
