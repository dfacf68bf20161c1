import type { Json } from '../../src/base/json.ts'
import type { CanvasFacts, EntryFacts, PackageFacts, RunFacts, SubjectFacts, World } from './world.ts'

const ID = 'etr_A1'
const NAME = 'benchling/EXP1'
const API = {
  id: ID,
  displayId: 'EXP1',
  name: 'Assay',
  modifiedAt: '2026-11-23T10:00:00.000000+00:00',
  days: [{ date: '2026-11-23', title: null, notes: [{ type: 'table', table: table() }] }],
}
const META = { entry_id: ID, display_id: 'EXP1' }
const PLATE = { name: 'plate.csv', size: 3, sha256: 'plate' }
const OLD_PLATE = { name: 'plate.csv', size: 3, sha256: 'older plate' }
const PDF = { name: 'Assay (etr_A1).pdf', size: 9, sha256: 'pdf' }
const LATE = { name: 'late.bin', size: 4, sha256: 'late' }
const MODIFIED = Date.parse(API.modifiedAt)

function table() {
  return { name: 'Yields', columnLabels: ['well', 'mg'], rows: [{ cells: [{ text: 'A1' }, { text: '1' }] }] }
}

const entry: EntryFacts = {
  id: ID,
  displayId: 'EXP1',
  api: API,
  modifiedAt: MODIFIED,
  unscanned: [LATE],
  exports: [
    { id: 'task-1', startedAt: MODIFIED - 5, members: [OLD_PLATE] },
    { id: 'task-2', startedAt: MODIFIED + 5, members: [PDF, PLATE] },
  ],
}

const canvas: CanvasFacts = {
  id: 'cnvs_1',
  entryId: ID,
  enabled: true,
  text: 'Packaged at revision bbbbbbbbbb',
}

const B = 'b'.repeat(64)

const its: PackageFacts = {
  name: NAME,
  latest: B,
  revisions: [
    { at: 1, topHash: 'a'.repeat(64), problem: null, meta: META, files: [OLD_PLATE], documents: {} },
    {
      at: 2,
      topHash: B,
      problem: null,
      meta: META,
      files: [
        PDF,
        PLATE,
        { ...LATE, name: 'attachments/late.bin' },
        { name: 'entry.json', size: 1, sha256: 'entry' },
        { name: 'entry_data.json', size: 2, sha256: 'data' },
        { name: 'tables/Yields.csv', size: 3, sha256: 'table' },
      ],
      documents: {
        'entry.json': JSON.stringify(META),
        'entry_data.json': JSON.stringify({ ...API, display_id: 'EXP1', modified_at: API.modifiedAt }),
        'tables/Yields.csv': 'well,mg\r\nA1,1\r\n',
      },
    },
  ],
}

const subjectOf = (key: string, wanted: number, state: SubjectFacts['state']): SubjectFacts => ({
  key,
  wanted,
  done: wanted,
  dueAt: null,
  run: null,
  state,
})

const runOf = (id: string, covers: number): RunFacts => ({
  id,
  key: `entry:${ID}`,
  covers,
  outcome: 'done',
  code: null,
  summary: {},
})

const stepOf = (run: string, name: string, result: Json) => ({ run, name, result })

/** A small world in which every invariant holds: tests change one thing in it. */
export const goodWorld = (): World => JSON.parse(JSON.stringify(GOOD)) as World

const GOOD: World = {
  tenant: {
    entries: [entry],
    canvases: [canvas],
    deliveries: [
      { id: 'msg_1', type: 'v2.canvas.created', entryId: ID, statuses: [202] },
      { id: 'msg_2', type: 'v2.entry.updated.fields', entryId: ID, statuses: [null, 503, 200, 200] },
    ],
  },
  records: {
    subjects: [
      subjectOf('canvas:cnvs_1', 4, {}),
      subjectOf(`entry:${ID}`, 2, { packageName: NAME, failure: null, revision: { topHash: B } }),
    ],
    deliveries: [
      { id: 'msg_1', type: 'v2.canvas.created' },
      { id: 'msg_2', type: 'v2.entry.updated.fields' },
    ],
    runs: [runOf('run-1', 1), runOf('run-2', 2)],
    steps: [
      stepOf('run-1', 'export', { task: 'task-1', of: '' }),
      stepOf('run-1', 'failed', { code: 'archive.truncated', class: 'renew' }),
      stepOf('run-2', 'export 0123@1', { task: 'task-2', of: '' }),
    ],
  },
  packages: [its],
  folder: { unfinished: [], staged: [], unreferenced: [], unnamed: [] },
  killedAt: [],
  workers: 3,
  excused: ['archive.overlap'],
}
