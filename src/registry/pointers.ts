import { mapConcurrent } from '../base/concurrency.ts'
import { Fault } from '../base/fault.ts'
import { asTopHash } from '../quilt/top-hash.ts'
import type { PackageName, TopHash } from '../quilt/types.ts'
import { latestKey, NAMED_PACKAGES, packageOf, pointerKey, pointersPrefix, pointerTime } from './layout.ts'
import type { History, ObjectStore } from './ports.ts'

/** Pointers are 64 bytes: many requests, little data. */
const READ_AT_ONCE = 16

export type Pointer = { readonly at: number; readonly topHash: TopHash }

/** What `latest` says, and the etag to replace it with; null when the package does not exist. Throws `manifest.invalid`. */
export const readLatest = async (
  store: ObjectStore,
  name: PackageName,
  signal: AbortSignal,
): Promise<{ topHash: TopHash; etag: string } | null> => {
  const stored = await store.read(latestKey(name), signal)
  return stored && { topHash: hashIn(stored.bytes, latestKey(name)), etag: stored.etag }
}

/** All revisions of a package, newest first. */
export const readPointers = async (
  store: ObjectStore,
  name: PackageName,
  signal: AbortSignal,
): Promise<Pointer[]> => {
  const times = await pointerTimes(store, name, signal)
  const pointers = await mapConcurrent(
    times,
    READ_AT_ONCE,
    (at, inner) => readPointer(store, name, at, inner),
    signal,
  )
  return pointers.filter((pointer) => pointer !== null)
}

/** As `Registry.history`: a pointer that cannot be read does not hide the others. */
export const readHistory = async (
  store: ObjectStore,
  name: PackageName,
  { skip, limit }: { readonly skip: number; readonly limit: number },
  signal: AbortSignal,
): Promise<History> => {
  const times = await pointerTimes(store, name, signal)
  const pointers = await mapConcurrent(
    times.slice(skip, skip + limit),
    READ_AT_ONCE,
    async (at, inner) => {
      const stored = await store.read(pointerKey(name, at), inner)
      return { at, topHash: stored && hashOrNull(stored.bytes) }
    },
    signal,
  )
  return { total: times.length, pointers }
}

/** As `Registry.revisionAt`. */
export const readRevisionAt = async (
  store: ObjectStore,
  name: PackageName,
  at: number,
  signal: AbortSignal,
): Promise<TopHash | null> => {
  if (pointerTime(pointerKey(name, at)) !== at) return null
  return (await readPointer(store, name, at, signal))?.topHash ?? null
}

/** The newest revision, whatever `latest` says. */
export const newestPointer = async (
  store: ObjectStore,
  name: PackageName,
  signal: AbortSignal,
): Promise<Pointer | null> => {
  const [newest] = await pointerTimes(store, name, signal)
  return newest === undefined ? null : readPointer(store, name, newest, signal)
}

/** Every package of which a pointer exists, in order of names. */
export const packageNames = async (store: ObjectStore, signal: AbortSignal): Promise<PackageName[]> => {
  const names = new Set<PackageName>()
  for await (const key of store.list(NAMED_PACKAGES, signal)) {
    const name = packageOf(key)
    if (name) names.add(name)
  }
  return [...names].sort()
}

const pointerTimes = async (
  store: ObjectStore,
  name: PackageName,
  signal: AbortSignal,
): Promise<number[]> => {
  const times: number[] = []
  for await (const key of store.list(pointersPrefix(name), signal)) {
    const at = pointerTime(key)
    if (at !== null && key === pointerKey(name, at)) times.push(at)
  }
  return times.sort((a, b) => b - a)
}

const readPointer = async (
  store: ObjectStore,
  name: PackageName,
  at: number,
  signal: AbortSignal,
): Promise<Pointer | null> => {
  const key = pointerKey(name, at)
  const stored = await store.read(key, signal)
  return stored && { at, topHash: hashIn(stored.bytes, key) }
}

/** Tolerates the newline that people's tools add; we never write one, because quilt3 would not find the manifest. */
const hashOrNull = (bytes: Buffer): TopHash | null => asTopHash(bytes.toString('latin1').trim())

const hashIn = (bytes: Buffer, key: string): TopHash => {
  const hash = hashOrNull(bytes)
  if (!hash) throw new Fault('manifest.invalid', { key, problem: 'the pointer holds no top hash' })
  return hash
}
