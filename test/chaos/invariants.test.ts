import { describe, expect, test } from 'vitest'
import { goodWorld } from './good-world.ts'
import { INVARIANTS, type InvariantName, problemsOf } from './invariants/all.ts'
import type { World } from './world.ts'

// biome-ignore lint/suspicious/noExplicitAny: a world is doctored wherever its type forbids it.
type Doctored = any

type Case = readonly [what: string, doctor: (world: Doctored) => void]

const subject = (world: Doctored, key: string) =>
  world.records.subjects.find((one: { key: string }) => one.key.startsWith(key))
const newest = (world: Doctored) => world.packages[0].revisions.at(-1)

/** Each way a world can be wrong, under the invariant that must see it. */
const CASES: Record<InvariantName, readonly Case[]> = {
  equalsLastState: [
    ['there is no package', (w) => w.packages.pop()],
    ['the facts are those of an earlier state', (w) => (w.tenant.entries[0].api.name = 'Renamed since')],
    ['the metadata name another entry', (w) => (newest(w).meta.entry_id = 'etr_B2')],
    ['entry.json is not the metadata', (w) => (newest(w).documents['entry.json'] = '{}')],
    [
      'a cell of a table is another',
      (w) => (newest(w).documents['tables/Yields.csv'] = 'well,mg\r\nA1,2\r\n'),
    ],
    ['a table is missing', (w) => delete newest(w).documents['tables/Yields.csv']],
    ['a member is missing', (w) => newest(w).files.splice(1, 1)],
    ['a member has other bytes', (w) => (newest(w).files[0].sha256 = 'other')],
    ['a member has another name', (w) => (newest(w).files[1].name = 'plate (2).csv')],
    [
      'a file is there that the entry has not',
      (w) => newest(w).files.push({ name: 'x', size: 1, sha256: 'x' }),
    ],
    ['the fetched attachment is missing', (w) => newest(w).files.splice(2, 1)],
    ['the export is older than the last change', (w) => (w.tenant.entries[0].modifiedAt += 10)],
  ],
  everyRevisionVerifies: [
    ['an old revision does not verify', (w) => (w.packages[0].revisions[0].problem = 'store.corrupt')],
    ['the newest has no manifest', (w) => (newest(w).problem = 'package.not_found')],
    ['latest is an older one', (w) => (w.packages[0].latest = 'a'.repeat(64))],
    ['latest is missing', (w) => (w.packages[0].latest = null)],
  ],
  noRevisionTwice: [
    ['a top hash stands twice', (w) => w.packages[0].revisions.push({ ...newest(w), at: 3 })],
    [
      'two say the same in two messages',
      (w) => w.packages[0].revisions.push({ ...newest(w), at: 3, topHash: 'c' }),
    ],
    [
      'an older one comes again',
      (w) => w.packages[0].revisions.push({ ...w.packages[0].revisions[0], at: 3 }),
    ],
  ],
  everyRevisionIsOneExport: [
    ['there are more revisions than exports', (w) => w.tenant.entries[0].exports.shift()],
    ['an old one lacks a member', (w) => w.packages[0].revisions[0].files.pop()],
    ['two are made of one export', (w) => (newest(w).files = [...w.packages[0].revisions[0].files])],
    ['members of two exports are mixed', (w) => (newest(w).files[1].sha256 = 'older plate')],
  ],
  nothingStuck: [
    ['a generation was not done', (w) => (subject(w, 'entry:').wanted = 3)],
    ['a run is still held', (w) => (subject(w, 'canvas:').run = { id: 'run-9' })],
    ['a subject waits', (w) => (subject(w, 'entry:').dueAt = 5)],
  ],
  acknowledgedSurvives: [
    ['an acknowledged delivery is not recorded', (w) => w.records.deliveries.pop()],
    ['one is recorded twice', (w) => w.records.deliveries.push(w.records.deliveries[0])],
    ['one is recorded that nobody sent', (w) => w.records.deliveries.push({ id: 'msg_9', type: 'x' })],
    ['one was never acknowledged', (w) => (w.tenant.deliveries[1].statuses = [null, 503])],
    ['one was refused', (w) => w.tenant.deliveries[1].statuses.push(403)],
  ],
  askedForOnce: [
    ['a repetition asked again', (w) => (subject(w, 'entry:').wanted = 3)],
    ['a delivery asked for nothing', (w) => (subject(w, 'entry:').wanted = 1)],
    ['there is no record at all', (w) => w.records.subjects.pop()],
  ],
  noGenerationTwice: [
    ['a generation was done again', (w) => (w.records.runs[1].covers = 1)],
    ['an older one was done later', (w) => w.records.runs.reverse()],
  ],
  failuresAreExcused: [
    [
      'a run was buried for no fault',
      (w) => Object.assign(w.records.runs[0], { outcome: 'buried', code: 'internal' }),
    ],
    ['an attempt failed unforeseen', (w) => (w.records.steps[1].result.code = 'internal')],
    ['an attempt was too slow', (w) => (w.records.steps[1].result.code = 'jobs.deadline')],
  ],
  exportsAreUsedAgain: [
    ['an export was forgotten', (w) => w.records.steps.pop()],
    [
      'the kill came long after it',
      (w) => {
        w.killedAt = [w.tenant.entries[0].exports[1].startedAt + 60_000]
        w.records.steps.pop()
      },
    ],
    [
      'a kill forgot more than were worked on',
      (w) => {
        w.killedAt = [w.tenant.entries[0].exports[1].startedAt + 20]
        w.workers = 1
        w.records.steps.length = 0
      },
    ],
  ],
  canvasesAreTruthful: [
    ['a canvas is locked', (w) => (w.tenant.canvases[0].enabled = false)],
    ['one shows an older revision', (w) => (w.tenant.canvases[0].text = 'Packaged at revision aaaaaaaaaa')],
    ['one shows nothing', (w) => (w.tenant.canvases[0].text = '[]')],
    ['one says that work is under way', (w) => (w.tenant.canvases[0].text += ' ⏳ Queued')],
    [
      'one keeps a failure to itself',
      (w) => (subject(w, 'entry:').state.failure = { code: 'archive.overlap' }),
    ],
  ],
  recordsAreTruthful: [
    [
      'the record knows an older revision',
      (w) => (subject(w, 'entry:').state.revision.topHash = 'a'.repeat(64)),
    ],
    ['the record knows none', (w) => (subject(w, 'entry:').state.revision = null)],
  ],
  nothingUnfinished: [
    ['a session was not swept', (w) => w.folder.unfinished.push('0f3c')],
    ['what a run stored was not swept', (w) => w.folder.staged.push('run-1')],
  ],
}

const doctored = (doctor: Case[1]): World => {
  const world = goodWorld()
  doctor(world)
  return world
}

test('A good world breaks no invariant', () => {
  expect(problemsOf(goodWorld())).toEqual([])
})

test('A failure that the canvas shows is no problem of the canvas', () => {
  const world = doctored((w) => {
    subject(w, 'entry:').state.failure = { code: 'archive.overlap' }
    w.tenant.canvases[0].text = 'Failed (code archive.overlap)'
  })
  expect(INVARIANTS.canvasesAreTruthful(world)).toEqual([])
})

test('An export that a kill caught before the journal had it may be forgotten', () => {
  const world = doctored((w) => {
    w.killedAt = [w.tenant.entries[0].exports[1].startedAt + 20]
    w.records.steps.pop()
  })
  expect(INVARIANTS.exportsAreUsedAgain(world)).toEqual([])
})

describe.each(Object.keys(INVARIANTS) as InvariantName[])('%s is broken when', (name) => {
  test.each(CASES[name])('%s', (_what, doctor) => {
    expect(INVARIANTS[name](doctored(doctor))).not.toEqual([])
  })
})
