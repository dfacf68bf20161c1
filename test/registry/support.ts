import type { JsonObject } from '../../src/base/json.ts'
import { logicalKey, packageName } from '../../src/quilt/names.ts'
import type { ManifestEntry } from '../../src/quilt/types.ts'
import type { Body, Draft, ObjectStore, Registry, Revision } from '../../src/registry/ports.ts'

export const signal = new AbortController().signal
export const NAME = packageName('benchling/EXP1')

export const body = (text: string): Body => ({
  size: Buffer.byteLength(text),
  chunks: (async function* () {
    yield Buffer.from(text)
  })(),
})

/** Stores files and gives their entries. */
export const entriesOf = async (
  registry: Registry,
  files: Readonly<Record<string, string>>,
  current: Revision | null = null,
): Promise<ManifestEntry[]> => {
  const entries: ManifestEntry[] = []
  for (const [key, text] of Object.entries(files)) {
    const place = { name: NAME, key: logicalKey(key), run: 'run-1' }
    entries.push({ ...(await registry.store(place, body(text), current, signal)), meta: {} })
  }
  return entries
}

/** A draft of these files on top of the current revision. */
export const draftOf = async (
  registry: Registry,
  files: Readonly<Record<string, string>>,
  message = 'a message',
  meta: JsonObject = {},
): Promise<Draft> => {
  const current = await registry.current(NAME, signal)
  return {
    name: NAME,
    run: 'run-1',
    message,
    meta,
    entries: await entriesOf(registry, files, current),
    current,
  }
}

/** Lets the next `count` writes through, then fails: before the write takes effect, or after it did. */
export const failing = (
  store: ObjectStore,
  count: number,
  when: 'before' | 'after',
): { store: ObjectStore; written: string[] } => {
  const written: string[] = []
  let left = count
  const write: ObjectStore['write'] = async (key, bytes, condition, inner) => {
    const last = left-- === 0
    if (last && when === 'before') throw new Error('crash')
    const done = await store.write(key, bytes, condition, inner)
    if (done) written.push(key)
    if (last) throw new Error('crash')
    return done
  }
  return { written, store: { ...bound(store), write } }
}

/** Methods of a class do not spread. */
export const bound = (store: ObjectStore): ObjectStore => ({
  url: store.url,
  uploadBuffer: store.uploadBuffer.bind(store),
  begin: store.begin.bind(store),
  read: store.read.bind(store),
  size: store.size.bind(store),
  write: store.write.bind(store),
  list: store.list.bind(store),
  has: store.has.bind(store),
  settle: store.settle.bind(store),
  discard: store.discard.bind(store),
  open: store.open.bind(store),
})
