import type { PackageName } from '../quilt/types.ts'

/** Quilt's packager queue: one message, one revision. Returns the id of the message. */
export interface PackagerQueue {
  send(body: string): Promise<string>
}

/** The latest version of an object, as a listing says it. */
export type LatestVersion = {
  readonly key: string
  /** `null` (the word) for an object from before the bucket kept versions. */
  readonly versionId: string
  /** Bytes. */
  readonly size: number
}

/**
 * What lies where a package has its files, as Quilt's packager sees it: the latest version of each key, and nothing of a
 * key whose latest version is a delete marker. Contract: `test/registry/package-prefix-contract.ts`. Throws `store.*`.
 */
export interface PackagePrefix {
  readonly bucket: string
  /** Whether the bucket keeps versions now. */
  versioned(): Promise<boolean>
  /** Latest versions under the folder of a package, in no promised order. */
  list(name: PackageName, signal: AbortSignal): AsyncIterable<LatestVersion>
  /** The latest version of one key, and whether it carries the mark of what this service writes; null when there is none. */
  latest(
    key: string,
    signal: AbortSignal,
  ): Promise<{ readonly versionId: string; readonly marked: boolean } | null>
  /** Hides a key behind a delete marker: its versions stay readable. */
  hide(key: string, signal: AbortSignal): Promise<void>
}
