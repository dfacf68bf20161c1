import type { Clock } from '../base/clock.ts'
import type { Job } from '../jobs/ports.ts'
import type { EntryState, Progress } from './entry-state.ts'

type Amount = { readonly files: number; readonly bytes: number }

const NOTHING: Amount = { files: 0, bytes: 0 }

/** Writes where a run is into the record of its entry; whoever watches the record (a canvas) sees it. */
export type RunProgress = {
  /** Which package this entry has, as soon as it is known. A revision of the one it had before is not shown as its own. */
  named(displayId: string, packageName: string): Promise<void>
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
    named: (displayId, packageName) =>
      job.progress((state) => {
        if (state.packageName === packageName) return { ...state, displayId }
        return { ...state, displayId, packageName, revision: null, handedOver: null }
      }),
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
