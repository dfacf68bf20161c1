import type { JsonObject } from '../base/json.ts'
import type {
  LogicalKey,
  ManifestEntry,
  ManifestHeader,
  ObjectHash,
  PackageName,
  TopHash,
} from '../quilt/types.ts'

/** Where an object goes. `run` is the id of the run that writes it. */
export type Place = { readonly name: PackageName; readonly key: LogicalKey; readonly run: string }

/** Bytes on their way: `chunks` throws when what flows is not what was declared. */
export type Body = { readonly size: number; readonly chunks: AsyncIterable<Uint8Array> }

/** A file that lies in the store, hashed, ready for a manifest. `size` in bytes. */
export type StoredObject = {
  readonly logicalKey: LogicalKey
  readonly physicalKey: string
  readonly size: number
  readonly hash: ObjectHash
}

/** An upload that nobody can see until it is committed. Exactly one of `commit` and `abort` ends it; both are idempotent after. */
export interface Upload {
  /** The bytes are the caller's again once this resolves: it may free their memory. */
  write(chunk: Uint8Array): Promise<void>
  /**
   * Makes the object durable and returns its physical key, for which `settle` must be called before a manifest names it.
   * `hash` is the sha2-256-chunked of what was written.
   */
  commit(hash: ObjectHash): Promise<string>
  abort(): Promise<void>
}

/** A small object as it was read. */
export type Stored = {
  readonly bytes: Buffer
  /** For conditional writes. */
  readonly etag: string
  /** URL, with its version where the store keeps versions. */
  readonly physicalKey: string
}

/** What must hold for a write to happen: nothing under the key yet, or still what was read. */
export type Condition = { readonly ifAbsent: true } | { readonly ifMatch: string }

/**
 * A place for objects: a folder or an S3 bucket, one adapter each and one contract (`test/registry/object-store-contract.ts`).
 * Keys are paths relative to the root. Throws `store.*` faults.
 */
export interface ObjectStore {
  /** The registry as quilt3 opens it: `s3://bucket` or `file:///folder`. */
  readonly url: string
  /** Memory an upload of this size holds at most, in bytes. */
  uploadBuffer(size: number): number
  /** `size` is exact: fewer or more bytes written make `commit` fail. */
  begin(place: Place, size: number, signal: AbortSignal): Promise<Upload>
  /** A small object, whole; null when there is none. */
  read(key: string, signal: AbortSignal): Promise<Stored | null>
  /** Bytes of an object; null when there is none. */
  size(key: string, signal: AbortSignal): Promise<number | null>
  /** A small object. False when the condition does not hold; nothing is written then. */
  write(key: string, bytes: Uint8Array, condition: Condition | null, signal: AbortSignal): Promise<boolean>
  /** Keys under a prefix, in no promised order. */
  list(prefix: string, signal: AbortSignal): AsyncIterable<string>
  /**
   * False when an object that this store wrote is known to be gone, asked before it is used again; and for what may be
   * overwritten, like files that quilt3 pushed to where there are no versions. With `run`, what that run committed and did
   * not settle yet counts too.
   */
  has(physicalKey: string, signal: AbortSignal, run?: string): Promise<boolean>
  /**
   * Makes objects that this run committed content of the registry, durably: called before a manifest names them. May be
   * repeated, for some or all of them. Keys of another store and of content that is there already may be among them.
   * Throws `store.corrupt` when one is gone.
   */
  settle(run: string, physicalKeys: Iterable<string>, signal: AbortSignal): Promise<void>
  /**
   * Removes what a run committed and no manifest names, for good. `written` is what the run is known to have written
   * itself and may be removed; `kept` are objects that stay. What may not be removed for lack of permission stays, too.
   */
  discard(
    run: string,
    written: readonly string[],
    kept: ReadonlySet<string>,
    signal: AbortSignal,
  ): Promise<void>
  /** The bytes behind a physical key that this store wrote. */
  open(physicalKey: string, signal: AbortSignal): AsyncIterable<Uint8Array>
}

/** A revision of a package as it was read, its top hash checked. */
export type Revision = {
  readonly name: PackageName
  readonly topHash: TopHash
  readonly header: ManifestHeader
  /** In walk order. */
  readonly entries: readonly ManifestEntry[]
}

/** How a revision is read that is only looked at. */
export type Looking = {
  /** It is not remembered: a look at many must not push out the one that people browse. */
  readonly once?: boolean
  /** Throws `manifest.too_large` for one that takes more memory than a look is worth. */
  readonly bounded?: boolean
}

/** A part of a package's history, newest first. `at`: seconds since the epoch (the pointer's name). */
export type History = {
  /** Of the whole. */
  readonly total: number
  readonly pointers: readonly {
    readonly at: number
    /** Null when the pointer holds none, or is gone since it was listed. */
    readonly topHash: TopHash | null
  }[]
}

/** What is to become the next revision. */
export type Draft = {
  readonly name: PackageName
  /** The run that stored what is new in it. */
  readonly run: string
  readonly message: string
  readonly meta: JsonObject
  readonly entries: readonly ManifestEntry[]
  /** The revision this draft builds on, as read before; null for a first one. */
  readonly current: Revision | null
}

/** A revision as publishing found or made it. `bytes` counts all files of the revision. */
export type PublishedRevision = {
  /** `unchanged`: the current revision has the same entries, metadata and workflow. */
  readonly status: 'published' | 'unchanged'
  readonly topHash: TopHash
  readonly files: number
  readonly bytes: number
}

/** A revision that somebody else makes, who gives no answer. */
export type HandedOver = {
  readonly status: 'handedOver'
  /** What the revision's top hash will be; null where files that others put beside ours make it unknowable. */
  readonly topHash: TopHash | null
  /** Of the message that asks for it. */
  readonly messageId: string
  readonly files: number
  readonly bytes: number
}

/** How publishing ended. */
export type Published = PublishedRevision | HandedOver

/** The result of `work`, recorded before it is returned; recorded before, it is given back without working again. */
export type Once = (name: string, work: () => Promise<string>) => Promise<string>

/** How a draft becomes the current revision: by ourselves, or through a Quilt stack. */
export interface Publisher {
  /** Throws when publishing cannot work at all as things are configured: asked before anything is exported. */
  ready(signal: AbortSignal): Promise<void>
  /**
   * `begin` is called before the first step that may make a revision, and not at all when there will be none: from then on
   * some of it may be there, whatever happens. `once` keeps what must not be done again after a crash.
   */
  publish(
    draft: Draft,
    signal: AbortSignal,
    begin?: (topHash: TopHash) => Promise<void>,
    once?: Once,
  ): Promise<Published>
}

/** Packages in one registry. */
export interface Registry {
  readonly url: string
  /** The bucket name, null for a folder: for links. */
  readonly bucket: string | null
  uploadBuffer(size: number): number
  /** One small read, for health checks. Throws `store.*` when the registry cannot be reached. */
  reachable(signal: AbortSignal): Promise<void>
  /** What `latest` points to, its top hash checked; null when there is no such package. */
  current(name: PackageName, signal: AbortSignal): Promise<Revision | null>
  /** What `latest` says, without reading the revision; null when there is no such package. */
  latest(name: PackageName, signal: AbortSignal): Promise<TopHash | null>
  /** Throws `package.not_found`, `manifest.*`. */
  revision(name: PackageName, topHash: TopHash, signal: AbortSignal, looking?: Looking): Promise<Revision>
  /** Newest first. `at` is seconds since the epoch (the pointer's name). */
  revisions(
    name: PackageName,
    signal: AbortSignal,
  ): Promise<{ readonly at: number; readonly topHash: TopHash }[]>
  /** Lists all pointers and reads only those that are asked for. */
  history(
    name: PackageName,
    part: { readonly skip: number; readonly limit: number },
    signal: AbortSignal,
  ): Promise<History>
  /** What the pointer of this time names; null when there is none. One read. Throws `manifest.invalid`. */
  revisionAt(name: PackageName, at: number, signal: AbortSignal): Promise<TopHash | null>
  packages(signal: AbortSignal): Promise<PackageName[]>
  /**
   * Streams a body into the store, hashed while it flows and kept only when complete. When `current` has an entry of
   * the same size and hash that may be used again (`Reuse`), nothing is written and its physical key is.
   */
  store(place: Place, body: Body, current: Revision | null, signal: AbortSignal): Promise<StoredObject>
  /**
   * `begin` is called before the first write of the revision, and not at all when there will be none: from then on some
   * of it may be there, whatever happens. Throws `package.conflict` when somebody else published in between, `workflow.*`
   * when the rules are not met.
   */
  publish(
    draft: Draft,
    signal: AbortSignal,
    begin?: (topHash: TopHash) => Promise<void>,
  ): Promise<PublishedRevision>
  /** False when an object stored before, by this run where one is given, may not be used again: then it is stored again. */
  has(physicalKey: string, signal: AbortSignal, run?: string): Promise<boolean>
  /** As `ObjectStore.discard`. */
  discard: ObjectStore['discard']
  open(physicalKey: string, signal: AbortSignal): AsyncIterable<Uint8Array>
}
