import { randomUUID } from 'node:crypto'
import { Fault } from '../base/fault.ts'
import type { DynamoApi } from './dynamo-api.ts'
import { Draft, WentThrough } from './dynamo-draft.ts'
import type { Tries } from './dynamo-tries.ts'

/** Items of one TransactWriteItems (DynamoDB). */
export const TRANSACTION_MAX_ITEMS = 100
/** DynamoDB: 4 MB for all items together. */
export const TRANSACTION_MAX_BYTES = 4_000_000

type Done<T> = { readonly result: T; readonly draft: Draft }

/**
 * Reads, computes and writes, and begins anew when somebody else wrote in between: `work` is run more than once. A
 * transaction whose answer was lost is repeated under its token, which DynamoDB carries out once; should the repetition
 * be refused all the same, the token that every row keeps tells whether the first one went through.
 * Throws what `work` throws, and `jobs.store_unavailable` when time is over; then it may have been written.
 */
export const inTransaction = async <T>(
  api: DynamoApi,
  tries: Tries,
  work: (draft: Draft) => Promise<T>,
): Promise<Done<T>> => {
  let lost: (Done<T> & { readonly token: string }) | null = null
  for (;;) {
    const draft = new Draft(api, tries, lost?.token ?? null)
    let done: Done<T>
    try {
      done = { result: await work(draft), draft }
    } catch (thrown) {
      if (thrown instanceof WentThrough && lost) return lost
      throw thrown
    }
    if (!draft.changed) return done
    checkSize(draft)
    const token = randomUUID()
    const end = await api.transact(draft.writes(token), token, tries)
    if (end.done) return done
    if (end.unsure) lost = { ...done, token }
    await tries.pause(
      new Fault('jobs.store_unavailable', {
        why: 'contention',
        reasons: [...new Set(end.codes)].filter((code) => code !== 'None'),
      }),
    )
  }
}

const checkSize = ({ size, weight }: Draft): void => {
  if (size > TRANSACTION_MAX_ITEMS || weight > TRANSACTION_MAX_BYTES)
    throw new Fault('internal', { problem: 'too much in one transaction', items: size, bytes: weight })
}
