import { asFault } from '../base/fault.ts'
import { faultFields, type Logger } from '../base/log.ts'

/** Ids of the runs that are under way or wait to go on. */
export type LiveRuns = () => Promise<ReadonlySet<string>>

/**
 * Removes what runs stored that nobody will go on with: a worker that lost its run wrote late, or the records are new.
 * A registry that cannot be looked at now keeps no service from starting.
 */
export const removeLeftovers = async (
  sweep: (live: LiveRuns) => Promise<void>,
  jobs: { readonly liveRuns: LiveRuns },
  log: Logger,
): Promise<void> => {
  try {
    await sweep(jobs.liveRuns)
  } catch (thrown) {
    log.warn(faultFields(asFault(thrown)), 'leftovers in the registry could not be removed')
  }
}
