/** What the page shows of the service that is attached to a tenant. Types only: page and simulator share them. */

/** The service as the page sees it; `demo` implements it over jobs and registry. */
export interface ServiceView {
  ready(): Promise<ServiceReady>
  /** Everything the service knows about an entry, oldest first. */
  timeline(entryId: string): Promise<readonly TimelineItem[]>
  /** The current revision, or the one with this top hash. Null when the entry has no package yet, or no such revision. */
  package(entryId: string, topHash?: string): Promise<PackageView | null>
  /** The bytes of one file of one revision; null when there is no such file. */
  file(packageName: string, topHash: string, logicalKey: string): Promise<ServiceFile | null>
  /** Calls `listener` whenever a timeline or package changed. Returns how to stop. */
  onActivity(listener: (activity: ServiceActivity) => void): () => void
}

export type ServiceReady = {
  readonly ready: boolean
  /** One line for people: "folder registry ./demo-registry". */
  readonly detail: string
  readonly version: string
}

export type ServiceActivity = {
  readonly entryId: string
  readonly what: 'delivery' | 'progress' | 'finished' | 'failed'
  readonly at: number
}

/** One line beside the notebook. `ms` is null while it is under way. */
export type TimelineItem = {
  readonly id: string
  readonly at: number
  readonly ms: number | null
  readonly state: 'done' | 'running' | 'waiting' | 'failed'
  /** "Export finished" */
  readonly title: string
  /** "task 3f152353 · 9 polls" */
  readonly detail: string | null
  /** Groups the lines of one run. */
  readonly run: string | null
  /** Between 0 and 1 where it is known. */
  readonly progress: number | null
}

export type PackageView = {
  readonly name: string
  /** The revision that is shown. */
  readonly topHash: string
  /** Whether every hash of this revision was checked against its bytes; null: not checked yet. */
  readonly verified: boolean | null
  readonly files: readonly PackageFile[]
  readonly bytes: number
  /** Newest first; the first is the current one. */
  readonly revisions: readonly {
    readonly topHash: string
    readonly publishedAt: number
    readonly message: string
  }[]
  /** How to open it elsewhere: a quilt3 line or a catalog address. */
  readonly open: string
}

export type PackageFile = { readonly logicalKey: string; readonly size: number; readonly hash: string }

export type ServiceFile = { readonly size: number; readonly chunks: AsyncIterable<Uint8Array> }
