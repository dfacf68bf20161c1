import { abortable } from '../base/abortable.ts'
import { ALLOW_ALL, type AllowList } from '../base/allow-list.ts'
import type { Clock } from '../base/clock.ts'
import { mapConcurrent } from '../base/concurrency.ts'
import { asFault, Fault } from '../base/fault.ts'
import { Fresh } from '../base/fresh.ts'
import { faultFields, type Logger } from '../base/log.ts'
import type { PackageName, TopHash } from '../quilt/types.ts'
import {
  collectFound,
  type FoundPackage,
  type FoundPackages,
  keySpellings,
  type PackageQuery,
} from './package-query.ts'
import type { Registry } from './ports.ts'

/** Packages that are looked at, by name; a registry with more needs Athena. */
const SCANNED_PACKAGES = 10_000
/** Pointers and manifests that are read at the same time. */
const SCANNED_AT_ONCE = 8
/** One scan serves every value for so long. */
const SCAN_VALID_MS = 30_000

type ScanOptions = {
  readonly registry: Pick<Registry, 'bucket' | 'packages' | 'latest' | 'revision'>
  /** The key under which packages name the entry they belong to, as it is configured now. */
  readonly metadataKey: () => string
  /** Which packages of a bucket may be found; default: all. */
  readonly allow?: AllowList
  readonly clock: Clock
  readonly log: Logger
}

/** A query that can be told that nobody needs its scan any more. */
export type RegistryScan = PackageQuery & { close(): void }

/** Packages by what their metadata has under the key. */
type Scan = { readonly byValue: ReadonlyMap<string, readonly FoundPackage[]>; readonly complete: boolean }

/**
 * Finds packages by reading the current metadata of all packages of one registry: for where there is no Athena. What a
 * manifest says is remembered by its top hash, so that every scan but the first reads only pointers and what is new.
 * `find` throws `store.*`; a package whose manifest cannot be read is passed over.
 */
export const createRegistryScan = (o: ScanOptions): RegistryScan => {
  const { allow = ALLOW_ALL } = o
  const values = new Map<TopHash, readonly string[]>()
  let keyOfValues: string | null = null
  const ending = new AbortController()

  const valuesOf = async (name: PackageName, topHash: TopHash, key: string, signal: AbortSignal) => {
    const known = values.get(topHash)
    if (known) return known
    const { header } = await o.registry.revision(name, topHash, signal, { once: true })
    const found = keySpellings(key).flatMap((spelling) => scalar(header.user_meta, spelling))
    values.set(topHash, found)
    return found
  }

  const look = async (name: PackageName, key: string, signal: AbortSignal) => {
    try {
      const topHash = await o.registry.latest(name, signal)
      return topHash && { name, topHash, values: await valuesOf(name, topHash, key, signal) }
    } catch (thrown) {
      if (!isUnreadable(thrown)) throw thrown
      o.log.warn({ package: name, ...faultFields(asFault(thrown)) }, 'a package could not be looked at')
      return null
    }
  }

  const scan = async (): Promise<Scan> => {
    const key = o.metadataKey()
    if (key !== keyOfValues) values.clear()
    keyOfValues = key
    const { bucket } = o.registry
    const all = bucket === null || allow.allowsBucket(bucket) ? await o.registry.packages(ending.signal) : []
    const names = bucket === null ? all : all.filter((name) => allow.allows(bucket, name))
    const seen = await mapConcurrent(
      names.slice(0, SCANNED_PACKAGES),
      SCANNED_AT_ONCE,
      (name, signal) => look(name, key, signal),
      ending.signal,
    )
    const byValue = new Map<string, FoundPackage[]>()
    const current = new Set<TopHash>()
    for (const one of seen) {
      if (!one) continue
      current.add(one.topHash)
      const { name, topHash } = one
      for (const value of one.values) {
        const found = byValue.get(value) ?? []
        found.push({ bucket, name, topHash })
        byValue.set(value, found)
      }
    }
    for (const topHash of values.keys()) if (!current.has(topHash)) values.delete(topHash)
    return { byValue, complete: names.length <= SCANNED_PACKAGES }
  }

  const scans = new Fresh(o.clock, { refreshAfterMs: SCAN_VALID_MS, expireAfterMs: SCAN_VALID_MS }, scan)
  return {
    find: async (value, signal): Promise<FoundPackages> => {
      signal.throwIfAborted()
      const { byValue, complete } = await abortable(scans.get(), signal)
      return collectFound(byValue.get(value) ?? [], complete)
    },
    close: () => ending.abort(),
  }
}

/** What Athena's `json_extract_scalar` gives: the text of a string, number or boolean. */
const scalar = (meta: unknown, key: string): string[] => {
  if (typeof meta !== 'object' || meta === null || !Object.hasOwn(meta, key)) return []
  const value = (meta as Record<string, unknown>)[key]
  return ['string', 'number', 'boolean'].includes(typeof value) ? [String(value)] : []
}

/** One broken package must not hide the others. */
const isUnreadable = (thrown: unknown): boolean =>
  thrown instanceof Fault && /^(manifest\.|package\.not_found$)/.test(thrown.code)
