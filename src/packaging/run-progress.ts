import type { Clock } from '../base/clock.ts'
import type { Entry } from '../benchling/entry.ts'
import type { Job } from '../jobs/ports.ts'
import { contentDigest } from './content-digest.ts'
import type { EntryState, Progress } from './entry-state.ts'

type Amount = { readonly files: number; readonly bytes: number }

const NOTHING: Amount = { files: 0, bytes: 0 }

/** Writes where a run is into the record of its entry; whoever watches the record (a canvas) sees it. */
export type RunProgress = {
  /**
   * What was read, and which package this entry has, as soon as it is known. A revision of the one it had before is not
   * shown as its own.
   */
  read(entry: Entry, packageName: string): Promise<void>
  phase(phase: Progress['phase']): Promise<void>
  /** Starts counting towards `total`. */
  uploading(total: Amount): Promise<void>
  /** One more file is in the store. */
  stored(bytes: number): Promise<void>
}

export const createRunProgress = (job: Job<EntryState>, clock: Clock): RunProgress => {
  let done = NOTHING
  let total = NOTHING
  let since = job.run.startedAt
  let phase: Progress['phase'] = 'reading'
  const write = (options?: { now: boolean }) => {
    const progress: Progress = {
      phase,
      since,
      filesDone: done.files,
      filesTotal: total.files,
      bytesDone: done.bytes,
      bytesTotal: total.bytes,
    }
    return job.progress((state) => ({ ...state, progress }), options)
  }
  const enter = (next: Progress['phase']) => {
    phase = next
    since = clock.now()
    return write({ now: true })
  }
  return {
    read: (entry, packageName) => {
      const { displayId, modifiedAt: seenModifiedAt } = entry
      const seen = { displayId, packageName, seenModifiedAt, seenDigest: contentDigest(entry) }
      return job.progress((state) => ({
        ...state,
        ...seen,
        ...(state.packageName === packageName ? {} : { revision: null, handedOver: null }),
      }))
    },
    phase: enter,
    uploading: (all) => {
      total = all
      return enter('uploading')
    },
    stored: (bytes) => {
      done = { files: done.files + 1, bytes: done.bytes + bytes }
      return write()
    },
  }
}
