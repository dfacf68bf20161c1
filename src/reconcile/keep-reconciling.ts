import type { Clock } from '../base/clock.ts'
import { asFault } from '../base/fault.ts'
import { faultFields, type Logger } from '../base/log.ts'
import type { Key, Subject, Subjects } from '../jobs/ports.ts'
import { touch, touchOf } from '../jobs/subject.ts'
import { RECONCILE } from '../packaging/found-cause.ts'
import { longestWaitMs } from './next-look.ts'
import { NEW_TENANT, type TenantState } from './tenant-state.ts'

/** Records that could not be reached are tried again this soon. */
const TRY_AGAIN_MS = 30_000

/**
 * Makes sure until `signal` that a look over the tenant is planned: at the start, and again should its record be lost.
 * Every process does so; it changes nothing where a look is under way or planned, unless for later than `everyMs` allows.
 */
export const keepReconciling = async (
  o: {
    readonly subjects: Pick<Subjects, 'get' | 'touch'>
    /** `acme.benchling.com` */
    readonly host: string
    readonly everyMs: number
    readonly clock: Clock
    readonly log: Logger
  },
  signal: AbortSignal,
): Promise<void> => {
  while (!signal.aborted) {
    const wait = await startReconciling(o.subjects, o.host, { at: o.clock.now(), everyMs: o.everyMs }).then(
      () => o.everyMs,
      (thrown: unknown) => {
        o.log.warn(faultFields(asFault(thrown)), 'the reconciler could not be started yet')
        return TRY_AGAIN_MS
      },
    )
    await o.clock.sleep(wait, signal).catch(() => {})
  }
}

/** Plans a look over the tenant for now, where none is planned in time. Throws `jobs.store_unavailable`. */
const startReconciling = async (
  subjects: Pick<Subjects, 'get' | 'touch'>,
  host: string,
  when: { readonly at: number; readonly everyMs: number },
): Promise<void> => {
  const key: Key = `tenant:${host}`
  const isPlanned = (subject: Subject): boolean =>
    subject.wanted > subject.done &&
    (subject.run !== null || (subject.dueAt ?? 0) <= when.at + longestWaitMs(when.everyMs))
  const known = await subjects.get(key)
  if (known && isPlanned(known)) return
  const cause = { delivery: 'reconcile:start', type: RECONCILE, at: when.at, by: null }
  const change = (subject: Subject<TenantState>) =>
    isPlanned(subject as unknown as Subject) ? subject : touch(subject, cause)
  await subjects.touch([touchOf({ key, initial: NEW_TENANT, change })])
}
