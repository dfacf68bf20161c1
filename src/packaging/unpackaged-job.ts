import type { Benchling } from '../benchling/ports.ts'
import type { JobKind } from '../jobs/ports.ts'
import { contentDigest } from './content-digest.ts'
import { failedEntry, startedEntry } from './entry-record.ts'
import type { EntryState } from './entry-state.ts'

/** One request, and what it may wait for the rate limit. */
const READ_DEADLINE_MS = 5 * 60_000

/**
 * How entries are worked on where no package bucket is configured: the entry is read, so that packages which reference it
 * can be searched by its display id. Nothing is exported, and what the record knows of an earlier package stays.
 */
export const unpackagedJob = ({ benchling }: { readonly benchling: Benchling }): JobKind<EntryState> => ({
  deadlineMs: READ_DEADLINE_MS,
  started: startedEntry,
  failed: failedEntry,
  async run({ key, steps, signal }) {
    const entryId = key.slice('entry:'.length)
    const entry = await steps.timed('read entry', () => benchling.entry(entryId, signal))
    const { displayId, modifiedAt: seenModifiedAt } = entry
    const read = { displayId, seenModifiedAt, seenDigest: contentDigest(entry) }
    return {
      change: (state) => ({ ...state, ...read, progress: null, failure: null }),
      summary: { status: 'no-bucket', displayId, exported: false },
    }
  },
})
