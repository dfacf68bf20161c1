import type { JsonObject } from '../base/json.ts'

/** `prefix/name`, checked by `packageName` against `^[A-Za-z0-9_-]+/[A-Za-z0-9_-]+$`. */
export type PackageName = string & { readonly __brand: 'PackageName' }
/** A path inside a package, checked by `logicalKey`: no empty, `.` or `..` part, at most 1,024 bytes of UTF-8. */
export type LogicalKey = string & { readonly __brand: 'LogicalKey' }
/** 64 lower-case hex digits. */
export type TopHash = string & { readonly __brand: 'TopHash' }

/**
 * quilt-formats.md §3. `type` is one of `HASH_TYPES`, or what another, perhaps newer program wrote: such an entry can be
 * listed but not verified. `value` is hex for SHA256, base64 for the others.
 */
export type ObjectHash = {
  readonly type: string
  readonly value: string
}

/** One file of a package; `physicalKey` is an s3:// or file:// URL as quilt3 writes it (quilt-formats.md §2.3). */
export type ManifestEntry = {
  readonly logicalKey: LogicalKey
  readonly physicalKey: string
  readonly size: number
  readonly hash: ObjectHash
  /** The whole `meta` object of the line; `{}` when there is none. */
  readonly meta: JsonObject
}

/** The first line of a manifest. */
export type ManifestHeader = {
  /** `v0` in all we write; quilt3 reads any. */
  readonly version: string
  /** Absent, null and `{}` hash differently: keep what was read. */
  readonly user_meta?: JsonObject | null
  readonly workflow?: JsonObject
  readonly message: string | null
}
