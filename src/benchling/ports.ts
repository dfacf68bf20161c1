import type { Download } from '../base/download.ts'
import type { JsonObject } from '../base/json.ts'
import type { Entry } from './entry.ts'

/** An external file of an entry: size in bytes as Benchling says it (null: unknown), a name where one could be learnt. */
export type ExternalFile = {
  readonly id: string
  readonly size: number | null
  readonly name: string | null
  readonly download: Download
}

/** An export under way or ready. A failed one is thrown. */
export type ExportTask =
  | { readonly status: 'running' }
  | { readonly status: 'succeeded'; readonly download: Download }

/** A canvas as Benchling answers it. `resourceId` is the entry (`etr_…`) or run it sits in; `data` is text of ours. */
export type AppCanvas = {
  readonly id: string
  readonly featureId: string
  readonly resourceId: string | null
  readonly enabled: boolean
  readonly data: string | null
  readonly blocks: readonly JsonObject[]
  readonly archived: boolean
}

/** What changes on a canvas; what is left out stays. `enabled: true` unlocks it after a click. */
export type CanvasPatch = {
  readonly blocks?: readonly JsonObject[]
  readonly enabled?: boolean
  readonly data?: string | null
  readonly sessionId?: string | null
}

/** A line of the status banner. Content is cut to 200 characters, at most ten lines are kept. */
export type SessionMessage = {
  readonly content: string
  readonly style?: 'NONE' | 'INFO' | 'SUCCESS' | 'WARNING' | 'ERROR'
}

/** That an entry was modified, as the list of entries says it: RFC 3339 with microseconds. */
export type EntryModified = { readonly id: string; readonly modifiedAt: string }

/** Something that happened to an entry, as `GET /events` remembers it. */
export type EntryEvent = {
  /** `evt_…` */
  readonly id: string
  readonly type: string
  readonly createdAt: string
  readonly entryId: string
  readonly archived: boolean
}

/** What of a page was understood; `left` counts the rest. */
type Understood<T> = { readonly items: readonly T[]; readonly left: number }

/**
 * What changed in the tenant: for finding what no delivery told. Archived entries, and those the app may not read, are
 * not listed. Throws the `benchling.*` faults of the catalogue.
 */
export interface BenchlingChanges {
  /**
   * One page of the entries modified after a whole second (since the epoch), the longest unchanged first. `next`: the
   * token of the page after it, null at the end. What changes while pages are read can hide an entry between two of
   * them; within one page nothing is missing.
   */
  entriesModifiedSince(
    from: { readonly since: number; readonly token?: string },
    signal: AbortSignal,
  ): Promise<Understood<EntryModified> & { readonly next: string | null }>
  /** `modifiedAt` of the entry that changed last; null when there is none. */
  newestModification(signal: AbortSignal): Promise<string | null>
  /**
   * One page of events, in the order Benchling processed them, after an event or from a second of their creation on.
   * `last`: the last event of the page, understood or not. Kept about two weeks; throws `benchling.rejected` or
   * `benchling.not_found` when `after` is no longer known.
   */
  events(
    query: {
      readonly from: { readonly after: string } | { readonly since: number }
      readonly types: readonly string[]
      readonly pageSize: number
    },
    signal: AbortSignal,
  ): Promise<
    Understood<EntryEvent> & {
      readonly last: { readonly id: string; readonly createdAt: string } | null
      readonly more: boolean
    }
  >
}

/**
 * The Benchling API as this product needs it. Everything it returns is checked and free of signed addresses.
 * Throws the `benchling.*` and `export.*` faults of the catalogue, with Benchling's own message as detail.
 */
export interface Benchling {
  entry(id: string, signal: AbortSignal): Promise<Entry>
  externalFile(entryId: string, fileId: string, signal: AbortSignal): Promise<ExternalFile>
  /** Starts an export and returns its task id. */
  startExport(entryId: string, signal: AbortSignal): Promise<string>
  /** Throws `export.failed` with Benchling's reason when the task failed. */
  exportTask(taskId: string, signal: AbortSignal): Promise<ExportTask>
  /** Polls with growing pauses until the task is over. `polls` counts the questions. Throws `export.too_slow`. */
  finishedExport(
    taskId: string,
    signal: AbortSignal,
  ): Promise<{ readonly download: Download; readonly polls: number }>
  /** The name of a linked object, null where it cannot be had. Never throws for a missing object or permission. */
  nameOf(type: string, id: string, signal: AbortSignal): Promise<string | null>
  canvas(id: string, signal: AbortSignal): Promise<AppCanvas>
  createCanvas(
    canvas: { appId: string; featureId: string; resourceId: string } & CanvasPatch,
    signal: AbortSignal,
  ): Promise<AppCanvas>
  updateCanvas(id: string, patch: CanvasPatch, signal: AbortSignal): Promise<AppCanvas>
  createSession(
    session: { appId: string; name: string; timeoutSeconds: number; messages?: readonly SessionMessage[] },
    signal: AbortSignal,
  ): Promise<{ readonly id: string }>
  updateSession(
    id: string,
    patch: {
      messages?: readonly SessionMessage[]
      status?: 'SUCCEEDED' | 'FAILED' | 'COMPLETED_WITH_WARNINGS'
    },
    signal: AbortSignal,
  ): Promise<void>
}
