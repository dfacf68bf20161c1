import { byteSize } from '../../base/byte-size.ts'
import type { EntryState, HandOver } from '../../packaging/entry-state.ts'
import { files, minute } from '../format.ts'
import type { WorkStatus } from './package.ts'

/**
 * The hand-over that the screen speaks of: until a run has come further than reading the entry, since a run that only
 * looks whether the revision is there reads no more. A failure is more important.
 */
export const awaitedHandOver = (entry: EntryState, status: WorkStatus): HandOver | null => {
  if (!entry.handedOver || entry.failure || status === 'retrying') return null
  const further = entry.progress !== null && entry.progress.phase !== 'reading'
  return status === 'running' && further ? null : entry.handedOver
}

/** Says that Quilt has to do its part, and when that takes too long, what to look at. */
export const handedOverLines = ({ at, files: count, bytes, overdue }: HandOver): string[] =>
  overdue
    ? [
        `⚠️ **Quilt has not made the revision** it was asked for at ${minute(at)}.`,
        '',
        'Tell whoever runs the Quilt stack; nothing is lost. Does the stack run and take requests for packages, is the bucket attached to it, and does the package meet the rules of its workflow? *Retry* asks again. If the revision comes after all, it is shown here.',
      ]
    : [`⏳ **Handed to Quilt, waiting** since ${minute(at)} · ${files(count)} · ${byteSize(bytes)}`]
