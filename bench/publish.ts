import { mkdirSync, writeFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemClock } from '../src/base/clock.ts'
import { mapConcurrent } from '../src/base/concurrency.ts'
import { FolderLayout } from '../src/local/folder-layout.ts'
import { createFolderStore } from '../src/local/folder-store.ts'
import { logicalKey, packageName } from '../src/quilt/names.ts'
import { fileUrl } from '../src/quilt/physical-key.ts'
import type { ManifestEntry } from '../src/quilt/types.ts'
import { manifestKey } from '../src/registry/layout.ts'
import type { Draft, Registry } from '../src/registry/ports.ts'
import { createRegistry } from '../src/registry/registry.ts'
import { readOptions, wholeNumber } from '../test/support/options.ts'

const NAME = packageName('bench/publish')
const STORED_AT_ONCE = 16
/** Members that are really written, to tell how fast small files are. */
const STORED = 2_000
const MiB = 1 << 20

export type PublishFigures = {
  readonly members: number
  /** From stored members and a draft to a durable revision in a folder: members moved, manifest, top hash, pointers. */
  readonly seconds: number
  /** Processor time of the same: what remains when the machine is busy with something else. */
  readonly cpuSeconds: number
  /** Publishing the same again, which compares with the current revision. */
  readonly unchangedSeconds: number
  /** Reading the revision back, its top hash checked. */
  readonly readSeconds: number
  /** What the process grew by at most while it published, beyond the manifest's own bytes. */
  readonly extraMiB: number
  readonly manifestMiB: number
  /** Small files of 1 KiB made durable in a second, 16 at once. */
  readonly storedPerSecond: number
}

/** How long publishing takes and what memory it costs. `--members N` (default 50,000). A folder in the system's temporary one. */
export const run = async (args: readonly string[]): Promise<PublishFigures> => {
  const values = readOptions(args, { members: { type: 'string', default: '50000' } })
  const members = wholeNumber('members', values.members, 1, 1_000_000)
  const folder = await mkdtemp(join(tmpdir(), 'bench-publish-'))
  const store = createFolderStore(folder)
  const registry = createRegistry(store, systemClock, { workflow: null })
  try {
    const storedPerSecond = await storeSmall(registry)
    const draft = stagedDraft(members, new FolderLayout(folder))
    const { topHash, seconds, cpuSeconds, grownMiB } = await publish(registry, draft)
    const manifest = await store.read(manifestKey(topHash), forever)
    const manifestMiB = (manifest?.bytes.length ?? 0) / MiB
    const [current, readSeconds] = await timed(() =>
      createRegistry(store, systemClock, { workflow: null }).current(NAME, forever),
    )
    const [again, unchangedSeconds] = await timed(() => registry.publish({ ...draft, current }, forever))
    if (again.status !== 'unchanged') throw new Error(`published the same twice: ${again.status}`)
    return {
      members,
      seconds,
      cpuSeconds,
      unchangedSeconds,
      readSeconds,
      extraMiB: Math.max(0, Math.round(grownMiB - manifestMiB)),
      manifestMiB: Math.round(manifestMiB * 10) / 10,
      storedPerSecond,
    }
  } finally {
    await store.close()
    await rm(folder, { recursive: true })
  }
}

const forever = new AbortController().signal

const timed = async <T>(work: () => Promise<T>): Promise<[T, number]> => {
  const start = performance.now()
  const result = await work()
  return [result, Math.round(performance.now() - start) / 1000]
}

const storeSmall = async (registry: Registry): Promise<number> => {
  const indices = Array.from({ length: STORED }, (_, i) => i)
  const [, seconds] = await timed(() =>
    mapConcurrent(indices, STORED_AT_ONCE, (i, signal) => {
      const bytes = Buffer.alloc(1024, `member ${i} `)
      const place = { name: NAME, key: logicalKey(`member-${i}`), run: 'bench' }
      const chunks = (async function* () {
        yield bytes
      })()
      return registry.store(place, { size: bytes.length, chunks }, null, signal)
    }),
  )
  return Math.round(STORED / seconds)
}

/** Members as a run has stored them, empty: moving them costs the same. Names as exports have them, not in order. */
const stagedDraft = (members: number, layout: FolderLayout): Draft => {
  const draft = draftOf(members, layout)
  const staging = layout.stagingOf(draft.run)
  mkdirSync(staging, { recursive: true })
  for (const { physicalKey } of draft.entries) writeFileSync(join(staging, physicalKey.slice(-64)), '')
  return draft
}

const draftOf = (members: number, layout: FolderLayout): Draft => ({
  name: NAME,
  run: 'bench',
  message: 'bench',
  meta: { entry_id: 'etr_bench', fields: { od: 0.45 } },
  current: null,
  entries: Array.from({ length: members }, (_, i): ManifestEntry => {
    const digest = Buffer.alloc(32)
    digest.writeUInt32LE(i)
    const address = digest.toString('hex')
    return {
      logicalKey: logicalKey(`files/plate ${(i * 7919) % 97}/Messung-${(i * 31_337) % members}-${i} µg.csv`),
      physicalKey: fileUrl(layout.contentAt(address).path),
      size: i,
      hash: { type: 'sha2-256-chunked', value: digest.toString('base64') },
      meta: {},
    }
  }),
})

const publish = async (registry: Registry, draft: Draft) => {
  globalThis.gc?.()
  const before = process.memoryUsage().rss
  const cpuBefore = process.cpuUsage()
  const [{ topHash }, seconds] = await timed(() => registry.publish(draft, forever))
  const cpu = process.cpuUsage(cpuBefore)
  // The process's peak in KiB: what came before the publishing is part of `before`.
  const grownMiB = Math.max(0, process.resourceUsage().maxRSS * 1024 - before) / MiB
  return { topHash, seconds, cpuSeconds: Math.round((cpu.user + cpu.system) / 1000) / 1000, grownMiB }
}
