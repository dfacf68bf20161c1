import type { Clock } from '../../src/base/clock.ts'
import type { JsonObject } from '../../src/base/json.ts'
import { logicalKey, packageName } from '../../src/quilt/names.ts'
import type { TopHash } from '../../src/quilt/types.ts'
import type { Registry } from '../../src/registry/ports.ts'
import { AWKWARD_KEYS } from '../registry/object-store-contract.ts'

const MiB = 1 << 20
const signal = new AbortController().signal

/** The present, a second later each time it is asked: so every revision has a pointer of its own at once. */
export const steppingClock = (): Clock => {
  let now = Date.now() - 3_600_000
  return {
    now: () => {
      now += 1000
      return now
    },
    sleep: () => Promise.resolve(),
  }
}

type Files = Readonly<Record<string, Buffer>>

/** A revision as it was published. `keys` are sorted by code point. */
export type Written = {
  readonly name: string
  readonly topHash: TopHash
  readonly keys: string[]
  readonly bytes: number
}

const bytes = (size: number, seed: number): Buffer =>
  Buffer.alloc(size, Buffer.from(Array.from({ length: 251 }, (_, i) => (i + seed) % 251)))

async function* pieces(content: Buffer): AsyncIterable<Uint8Array> {
  for (let at = 0; at < content.length; at += 3 * MiB) yield content.subarray(at, at + 3 * MiB)
}

const byCodePoint = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b))

/** Publishes one revision through the registry, as the service does: store every file, then publish. */
export const publishFiles = async (
  registry: Registry,
  name: string,
  message: string,
  meta: JsonObject,
  files: Files,
): Promise<Written> => {
  const pkg = packageName(name)
  const current = await registry.current(pkg, signal)
  const run = `run-${Object.keys(files).length}`
  const entries = []
  for (const [key, content] of Object.entries(files)) {
    const place = { name: pkg, key: logicalKey(key), run }
    const body = { size: content.length, chunks: pieces(content) }
    entries.push({ ...(await registry.store(place, body, current, signal)), meta: {} })
  }
  const published = await registry.publish({ name: pkg, run, message, meta, entries, current }, signal)
  if (published.status !== 'published') throw new Error(`${name}: ${published.status}`)
  const size = Object.values(files).reduce((sum, content) => sum + content.length, 0)
  return { name, topHash: published.topHash, keys: Object.keys(files).sort(byCodePoint), bytes: size }
}

const META = {
  display_id: 'EXP00001234',
  created_at: '2026-11-23T12:00:00+00:00',
  fields: {
    grüße: 'Zelle 😀 \u2028 "quoted" \\ \t',
    cell_count: 1200000,
    viability: 0.93,
    tiny: 0.00001,
    on: true,
  },
  link_names: ['Plasmid №7', 'e\u0301'],
  nothing: null,
}

/**
 * Several packages with a life: edits, a removal, a rename, changed metadata only, awkward keys, empty files and sizes
 * around the edges of chunks. In the order in which they were published.
 */
export const writeHistory = async (registry: Registry): Promise<Written[]> => {
  const first: Files = {
    'README.md': Buffer.from('# Grüße 😀\n'),
    'tables/results.csv': Buffer.from('a,b\n1,2\n'),
    'empty.bin': Buffer.alloc(0),
    'attachments/image.png': bytes(300_000, 9),
  }
  const { 'attachments/image.png': _removed, ...kept } = first
  const edited = { ...kept, 'tables/results.csv': Buffer.from('a,b\n1,3\n') }
  const renamed = { ...edited, 'tables/moved.csv': edited['tables/results.csv'] }
  const edges: Files = {
    'below.bin': bytes(8 * MiB - 1, 1),
    'exact.bin': bytes(8 * MiB, 2),
    'above.bin': bytes(8 * MiB + 1, 3),
    'large.bin': bytes(20 * MiB + 3, 4),
  }
  const awkward = Object.fromEntries(AWKWARD_KEYS.map((key) => [key, Buffer.from(`content of ${key}`)]))
  const life = 'benchling/EXP00001234'
  return [
    await publishFiles(registry, life, 'First export', META, first),
    await publishFiles(registry, life, 'Edited, one removed', META, edited),
    await publishFiles(registry, 'benchling/AWKWARD', 'Schlüssel 🔑', {}, awkward),
    await publishFiles(registry, life, 'Only metadata', { ...META, reviewed: true }, edited),
    await publishFiles(registry, life, 'One copied', { ...META, reviewed: true }, renamed),
    await publishFiles(registry, life, 'Back to the first', META, first),
    await publishFiles(registry, 'benchling/EDGES', 'Around 8 MiB', {}, edges),
    await publishFiles(
      registry,
      'benchling/EDGES',
      'One edited',
      {},
      { ...edges, 'above.bin': bytes(8 * MiB + 1, 5) },
    ),
    await publishFiles(registry, 'benchling/NOTHING', 'No files at all', { empty: true }, {}),
  ]
}
