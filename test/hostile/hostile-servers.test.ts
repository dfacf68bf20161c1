import { readdir } from 'node:fs/promises'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { ERRORS } from '../../src/base/errors.ts'
import { bufferSource } from '../../src/simulator/archive/byte-source.ts'
import { type FileHost, fileHost } from '../benchling/files.ts'
import { noise } from '../export/archives.ts'
import { Lab } from '../main-path/support/lab.ts'
import { entrySeed, file } from '../main-path/support/seeds.ts'
import { zipBytes } from '../support/zip-bytes.ts'
import {
  type Ask,
  ATTACHMENTS,
  BODIES,
  CHANGES,
  type HostileCase,
  RANGES,
  STATUSES,
  TASKS,
} from './hostile-servers.ts'

const KIB = 1024
/** Larger than the tail of 1 MiB that is read first, so that the first members need requests of their own. */
const CONTENT = zipBytes([
  { name: 'a.bin', data: noise(200 * KIB, 1), method: 0 },
  { name: 'b.bin', data: noise(300 * KIB, 2), method: 0 },
  { name: 'c.bin', data: noise(800 * KIB, 3), method: 0 },
  { name: 'data.csv', data: 'well,value\nA1,1\n' },
]).bytes
const SIZES = { 'a.bin': 200 * KIB, 'b.bin': 300 * KIB, 'c.bin': 800 * KIB, 'data.csv': 16 }

/** A file that the archive lacks, so that it is fetched by itself. */
const LATE = noise(50 * KIB, 4)

const KINDS = [
  ['file', '/download/exports/'],
  ['attachment', '/download/files/'],
  ['task', '/api/v2/tasks/'],
] as const

/** The case under way: its entry's export is answered by it. */
let hostile: HostileCase | null = null
let asked: string[] = []
let memory = new Set<string>()
let lab: Lab
let elsewhere: FileHost

const intercept = (request: IncomingMessage, response: ServerResponse): boolean => {
  const url = String(request.url)
  const kind = KINDS.find(([, start]) => url.startsWith(start))?.[0]
  const answer = kind && hostile?.[kind]
  if (!kind || !answer) return false
  const [path = ''] = url.split('?')
  asked.push(path)
  const [, from = '', to = ''] = /^bytes=(\d*)-(\d*)$/.exec(request.headers.range ?? '') ?? []
  const content = kind === 'attachment' ? LATE : CONTENT
  const size = content.length
  const ask: Ask = {
    request,
    response,
    nth: asked.filter((one) => one === path).length,
    total: asked.filter((one) => one.startsWith(path.slice(0, 14))).length,
    ranged: request.headers.range !== undefined,
    start: from === '' ? Math.max(0, size - Number(to || size)) : Number(from),
    end: from === '' || to === '' ? size : Math.min(size, Number(to) + 1),
    content,
    clock: lab.clock,
    elsewhere: elsewhere.base,
    memory,
  }
  return answer(ask)
}

const startLab = async () => {
  elsewhere = await fileHost(CONTENT)
  lab = await Lab.start({ tenant: { intercept, exportMs: 10 }, env: { EXPORT_MAX_BUFFER_BYTES: '4MiB' } })
}
afterEach(() => {
  hostile = null
})
const stopLab = async () => {
  await lab[Symbol.asyncDispose]()
  await elsewhere[Symbol.asyncDispose]()
}

/** Resolves with the code of the entry's first failed attempt that is not renewed by itself, or null when it is packaged. */
const outcomeOf = async (entryId: string, renews: boolean): Promise<string | null> => {
  const { code, kind } = await lab.next(
    (activity) =>
      activity.key === `entry:${entryId}` &&
      (activity.kind === 'done' || activity.kind === 'buried' || (activity.kind === 'failed' && !renews)),
  )
  return kind === 'done' ? null : (code ?? '')
}

/** What unfinished and failed runs leave in the registry: nothing. */
const leftOvers = async (): Promise<string[]> => {
  const places = ['.partial', '.staged'].map((name) => join(lab.dir, 'registry/.objects', name))
  const found = await Promise.all(
    places.map((place) => readdir(place, { recursive: true, withFileTypes: true }).catch(() => [])),
  )
  const files = found.flat().filter((one) => one.isFile() && !one.name.endsWith('.lock'))
  return files.map(({ parentPath, name }) => join(parentPath, name))
}

let started = 0

const run = async (one: HostileCase) => {
  const id = `etr_Server${String(++started).padStart(3, '0')}`
  const late = one.attachment ? [file('late.csv', LATE, { scanned: false })] : []
  lab.tenant.entries.create(entrySeed(id, late, { archiveBytes: bufferSource(CONTENT) }))
  asked = []
  memory = new Set()
  hostile = one
  const { ends } = one
  const cls = ends === 'packaged' ? null : ERRORS[ends].class
  const ended = outcomeOf(id, cls === null || cls === 'renew' || cls === 'never').then((code) => {
    const made = lab.tenant.exports.list().filter(({ entryId }) => entryId === id).length
    if (code !== null) hostile = null
    return { ends: code ?? 'packaged', exports: made }
  })
  const { canvas } = await lab.tenant.insertCanvas(id)
  const { exports = expect.any(Number) } = one
  expect(await ended).toEqual({ ends, exports })
  hostile = null
  if (ends !== 'packaged') {
    const { state } = await lab.entry(id)
    if (state.packageName)
      expect(
        await lab.service.registry.current(state.packageName as never, new AbortController().signal),
      ).toBeNull()
    if (cls === 'renew' || cls === 'never') {
      await lab.rest()
      expect(lab.shows(canvas.id)).toContain(ends)
      expect(lab.shows(canvas.id)).toContain('"Retry"')
      expect(lab.tenant.canvases.get(canvas.id).enabled).toBe(true)
      expect(await leftOvers()).toEqual([])
      await lab.tenant.click(canvas.id, 'retry')
    }
  }
  await lab.rest()
  const { state } = await lab.entry(id)
  const revisions = await lab.revisions(state.packageName ?? 'no/package')
  expect(revisions).toHaveLength(1)
  const revision = revisions[0]!
  const sizes = Object.fromEntries(revision.entries.map(({ logicalKey, size }) => [logicalKey, size]))
  expect(sizes).toMatchObject({ ...SIZES, ...(one.attachment && { 'attachments/late.csv': LATE.length }) })
  expect(lab.shows(canvas.id)).toContain(revision.topHash.slice(0, 10))
  expect(lab.tenant.canvases.get(canvas.id).enabled).toBe(true)
  expect(await leftOvers()).toEqual([])
  expect(elsewhere.connections).toBe(0)
}

const titled = (cases: readonly HostileCase[]) => cases.map((one) => [one.what, one.ends, one] as const)

// A lab for each kind of case: whatever one case did to the service, the next ones must not notice.
describe.each([
  ['An archive that changes between two requests', CHANGES],
  ['A server that does ranges its own way', RANGES],
  ['A server whose bytes are not what it says', BODIES],
  ['A server that refuses or sends elsewhere', STATUSES],
  ['An export task of its own kind', TASKS],
  ['The server of a single file', ATTACHMENTS],
])('%s:', (_kind, cases) => {
  beforeAll(startLab)
  afterAll(stopLab)
  test.each(titled(cases))('%s: %s', (_what, _ends, one) => run(one))
})
