import type { Json, JsonObject } from '../../src/base/json.ts'
import type { Run } from '../../src/jobs/ports.ts'

/** Everything that is known from outside when all has come to rest: what the invariants are judged by. */
export type World = {
  readonly tenant: TenantWorld
  readonly records: Records
  readonly packages: readonly PackageFacts[]
  readonly folder: FolderFacts
  /** When services were killed, ms since the epoch by the tenant's clock, and how many entries they worked on at a time. */
  readonly killedAt: readonly number[]
  readonly workers: number
  /** Codes that the faults of the tenant may have buried a run with. */
  readonly excused: readonly string[]
}

export type TenantWorld = {
  readonly entries: readonly EntryFacts[]
  readonly canvases: readonly CanvasFacts[]
  /** By webhook-id, each once however often it was sent. */
  readonly deliveries: readonly SentDelivery[]
}

export type Content = { readonly name: string; readonly size: number; readonly sha256: string }

export type EntryFacts = {
  readonly id: string
  readonly displayId: string
  /** What the API answers now. */
  readonly api: JsonObject
  /** ms since the epoch. */
  readonly modifiedAt: number
  /** Files that exports leave out. */
  readonly unscanned: readonly Content[]
  readonly exports: readonly ExportFacts[]
}

export type ExportFacts = {
  readonly id: string
  readonly startedAt: number
  /** What the archive holds, read with another reader than ours; null when there is none, or it cannot be read. */
  readonly members: readonly Content[] | null
}

export type CanvasFacts = {
  readonly id: string
  readonly entryId: string
  readonly enabled: boolean
  /** Everything it shows. */
  readonly text: string
}

export type SentDelivery = {
  readonly id: string
  readonly type: string
  /** Entry whose package it asks for, null when it asks for none. */
  readonly entryId: string | null
  /** Answers of all attempts, null where there was none. */
  readonly statuses: readonly (number | null)[]
}

export type Records = {
  readonly subjects: readonly SubjectFacts[]
  readonly deliveries: readonly { readonly id: string; readonly type: string }[]
  readonly runs: readonly RunFacts[]
  readonly steps: readonly StepFacts[]
}

export type SubjectFacts = {
  readonly key: string
  readonly wanted: number
  readonly done: number
  readonly dueAt: number | null
  readonly run: Run | null
  readonly state: JsonObject
}

export type RunFacts = {
  readonly id: string
  readonly key: string
  readonly covers: number
  readonly outcome: string
  readonly code: string | null
  readonly summary: JsonObject
}

export type StepFacts = { readonly run: string; readonly name: string; readonly result: Json }

export type PackageFacts = {
  readonly name: string
  /** What `latest` says. */
  readonly latest: string | null
  /** Oldest first. */
  readonly revisions: readonly RevisionFacts[]
}

export type RevisionFacts = {
  readonly at: number
  readonly topHash: string
  /** Why it cannot be read, or which of its files are wrong; null when all is well. */
  readonly problem: string | null
  readonly meta: JsonObject
  readonly files: readonly Content[]
  /** Documents that are JSON or CSV, as text, of the newest revision only. */
  readonly documents: Readonly<Record<string, string>>
}

export type FolderFacts = {
  /** Names below `.objects/.partial`. */
  readonly unfinished: readonly string[]
  /** Names below `.objects/.staged`: what runs stored and did not publish. */
  readonly staged: readonly string[]
  /** Objects no revision refers to, by path in `.objects`. */
  readonly unreferenced: readonly string[]
  /** Manifests no pointer names. */
  readonly unnamed: readonly string[]
}
