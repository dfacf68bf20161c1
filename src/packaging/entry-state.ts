/** What the record of an entry says between runs: the canvas shows exactly this, so it must be true at every instant. */
export type EntryState = {
  readonly displayId: string | null
  readonly packageName: string | null
  /** Where a run is; null when none is under way. */
  readonly progress: Progress | null
  /** The newest revision this service published or found unchanged. */
  readonly revision: RevisionSummary | null
  /** Why the last run failed; cleared by the next success. `retryAt`: when it is tried again by itself, null: never. */
  readonly failure: FailureSummary | null
  /** What Quilt's packager was asked for and has not been seen to make. Absent in records of earlier versions. */
  readonly handedOver: HandOver | null
  /**
   * The package whose events this record listens for, and whose older canvas it looked for: null, or another name, before
   * its first contact with that package. Absent in records of earlier versions.
   */
  readonly adopted: string | null
  /** `modifiedAt` and content digest of the entry as the newest run read it, or as the reconciler did that asked for it. */
  readonly seenModifiedAt?: string
  readonly seenDigest?: string
  /** Newest event (ms, Benchling's clock) that a run was claimed for: nothing up to it was missed. */
  readonly seenEventAt?: number
}

/** How far a run has come. Sizes in bytes, `since` in ms since the epoch. */
export type Progress = {
  readonly phase: 'reading' | 'exporting' | 'uploading' | 'publishing'
  readonly since: number
  readonly filesDone: number
  readonly filesTotal: number
  readonly bytesDone: number
  readonly bytesTotal: number
}

/** The newest revision this record knows. Sizes in bytes, times in ms since the epoch. */
export type RevisionSummary = {
  readonly topHash: string
  readonly files: number
  readonly bytes: number
  /** When this revision was published, ms. */
  readonly publishedAt: number
  /** When a later run last found it unchanged, ms; null when none did. */
  readonly unchangedAt: number | null
  /** When an event told of it, ms; absent when none did. */
  readonly announcedAt?: number
}

/** A revision that Quilt's packager was asked to make. Times in ms since the epoch. */
export type HandOver = {
  /** What its top hash will be, as far as can be said; null where files of others are packaged, too. */
  readonly topHash: string | null
  readonly packageName: string
  /** Of the packager message. */
  readonly messageId: string
  readonly at: number
  readonly files: number
  readonly bytes: number
  /** Size in bytes and `sha2-256-chunked` of its entry_data.json: what it says about the entry. */
  readonly facts: { readonly size: number; readonly hash: string }
  /** Content digest of the entry that was handed over, and the revision that was current. Absent in earlier records. */
  readonly digest?: string
  readonly replaced?: string | null
  /** True when it took longer than it should: somebody has to look. */
  readonly overdue: boolean
}

/** Why the last attempt failed, for the canvas. Times in ms since the epoch. */
export type FailureSummary = {
  readonly code: string
  readonly message: string
  readonly hint: string
  readonly at: number
  readonly retryAt: number | null
  readonly attempt: number
  readonly run: string
}

export const NEW_ENTRY: EntryState = {
  displayId: null,
  packageName: null,
  progress: null,
  revision: null,
  failure: null,
  handedOver: null,
  adopted: null,
}
