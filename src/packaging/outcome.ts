import type { JsonObject } from '../base/json.ts'
import type { PackageName, TopHash } from '../quilt/types.ts'
import type { Revision } from '../registry/ports.ts'

/** How a run ended. */
export type Outcome = {
  /** Against the revision that was current when the run began. */
  readonly status: 'published' | 'unchanged'
  readonly package: PackageName
  readonly displayId: string
  readonly topHash: TopHash
  readonly files: number
  readonly bytes: number
  /** What the export took; null when none was needed. */
  readonly export: {
    readonly taskId: string
    readonly archiveBytes: number
    readonly members: number
    readonly requests: number
    /** Attachments fetched one by one, and named ones that Benchling does not give. */
    readonly attachmentsFetched: number
    readonly attachmentsMissing: number
    readonly renamed: number
  } | null
}

/** The current revision says what the entry says: nothing to export. */
export const alreadyPackaged = (current: Revision, displayId: string, base: string | null): Outcome => ({
  // A revision that was not there when the run began was published by this run, before a crash.
  status: current.topHash === base ? 'unchanged' : 'published',
  package: current.name,
  displayId,
  topHash: current.topHash,
  files: current.entries.length,
  bytes: current.entries.reduce((sum, { size }) => sum + size, 0),
  export: null,
})

/** The outcome as it is kept with the run, for people and programs. */
export const summaryOf = ({ export: its, ...outcome }: Outcome): JsonObject => ({
  ...outcome,
  exported: its !== null,
  ...its,
})
