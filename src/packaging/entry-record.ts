import type { Fault } from '../base/fault.ts'
import { onceGivenUp, scientistWords } from '../base/scientist-words.ts'
import type { Run } from '../jobs/ports.ts'
import type { EntryState } from './entry-state.ts'
import { newestByBenchling } from './found-cause.ts'

/** Longest message kept for the canvas, in characters: Benchling's own words can be long. */
const MESSAGE_LENGTH = 1_000

/** The record while a run is under way that has not read the entry yet, but will after every event it was asked for by. */
export const startedEntry = (state: EntryState, run: Run): EntryState => ({
  ...state,
  ...eventSeen(state, newestByBenchling(run.causes)),
  progress: {
    phase: 'reading',
    since: run.startedAt,
    filesDone: 0,
    filesTotal: 0,
    bytesDone: 0,
    bytesTotal: 0,
  },
})

const eventSeen = ({ seenEventAt = 0 }: EntryState, at: number): Pick<EntryState, 'seenEventAt'> =>
  at > seenEventAt ? { seenEventAt: at } : {}

/** The record after a failed attempt. */
export const failedEntry = (
  state: EntryState,
  { fault, run, at, retryAt }: { fault: Fault; run: Run; at: number; retryAt: number | null },
): EntryState => ({
  ...state,
  progress: null,
  failure: {
    code: fault.code,
    message: scientistWords(fault).says.slice(0, MESSAGE_LENGTH).toWellFormed(),
    hint: retryAt === null ? onceGivenUp(scientistWords(fault).advice) : scientistWords(fault).advice,
    at,
    retryAt,
    attempt: run.attempt,
    run: run.id,
  },
})
