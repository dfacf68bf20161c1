import type { JsonObject } from '../base/json.ts'
import type { PackageName, TopHash } from '../quilt/types.ts'
import type { Revision } from '../registry/ports.ts'
import { totalsOf } from '../registry/prepare-draft.ts'
import type { HandOver } from './entry-state.ts'

/** How a run ended. */
export type Outcome = Packaged | Waiting

type Facts = {
  readonly package: PackageName
  readonly displayId: string
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

/** The package says what the entry says. */
export type Packaged = Facts & {
  /**
   * Against the revision that was current when the run began; `confirmed`: it is the one, or says the same as the one, that
   * Quilt's packager was asked for.
   */
  readonly status: 'published' | 'unchanged' | 'confirmed'
  readonly topHash: TopHash
  /** Of a confirmed one: the message it was asked for with, by which the run is found that stored its files, and why. */
  readonly messageId?: string
}

/** Quilt's packager makes the revision: it was asked by this run (`handedOver`), or by an earlier one (`waiting`). */
export type Waiting = Facts & {
  readonly status: 'handedOver' | 'waiting'
  /** What it is expected to be. */
  readonly topHash: string | null
  readonly handOver: HandOver
}

/** The current revision says what the entry says: nothing to export. */
export const alreadyPackaged = (
  current: Revision,
  displayId: string,
  { base, handedOver }: { readonly base: string | null; readonly handedOver: HandOver | null },
): Packaged => ({
  ...(handedOver && { messageId: handedOver.messageId }),
  // A revision that was not there when the run began was published by this run, before a crash.
  status: handedOver ? 'confirmed' : current.topHash === base ? 'unchanged' : 'published',
  package: current.name,
  displayId,
  topHash: current.topHash,
  ...totalsOf(current.entries),
  export: null,
})

/** What was handed over before has not been made yet: nothing to export either. */
export const stillWaiting = (handOver: HandOver, name: PackageName, displayId: string): Waiting => ({
  status: 'waiting',
  package: name,
  displayId,
  topHash: handOver.topHash,
  files: handOver.files,
  bytes: handOver.bytes,
  handOver,
  export: null,
})

/** The outcome as it is kept with the run, for people and programs. */
export const summaryOf = (outcome: Outcome): JsonObject => {
  const { export: its, ...rest } = outcome
  const common = { exported: its !== null, ...its }
  if (!('handOver' in rest)) return { ...rest, ...common }
  const { handOver, ...waiting } = rest
  const { messageId, overdue } = handOver
  return { ...waiting, messageId, overdue, ...common }
}
