import { isPackageName } from '../quilt/names.ts'
import type { PackageName, TopHash } from '../quilt/types.ts'

/** Where things lie in a registry (quilt-formats.md §1), as keys relative to its root. */
export const CONFIG_KEY = '.quilt/workflows/config.yml'
export const NAMED_PACKAGES = '.quilt/named_packages/'

export const manifestKey = (topHash: TopHash): string => `.quilt/packages/${topHash}`
export const pointersPrefix = (name: PackageName): string => `${NAMED_PACKAGES}${name}/`
export const latestKey = (name: PackageName): string => `${pointersPrefix(name)}latest`
/** `at` is seconds since the epoch. Only ten digits raise events and are indexed. */
export const pointerKey = (name: PackageName, at: number): string => `${pointersPrefix(name)}${at}`

/** The seconds of a revision's pointer; null for `latest` and strangers. */
export const pointerTime = (key: string): number | null => {
  const digits = /\/([0-9]{10})$/.exec(key)?.[1]
  return digits === undefined ? null : Number(digits)
}

/** The package a pointer belongs to; null for strangers. */
export const packageOf = (key: string): PackageName | null => {
  const [, name = ''] = /^\.quilt\/named_packages\/(.+)\/[^/]+$/.exec(key) ?? []
  return isPackageName(name) ? name : null
}
