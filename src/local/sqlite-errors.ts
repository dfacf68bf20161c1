import { Fault } from '../base/fault.ts'

/** Primary result codes: https://www.sqlite.org/rescode.html (5 another connection writes, 6 within one connection). */
const SQLITE_BUSY = 5
const SQLITE_LOCKED = 6

const resultCode = (thrown: unknown): number | null => {
  if (!(thrown instanceof Error)) return null
  const { errcode } = thrown as { errcode?: unknown }
  return typeof errcode === 'number' ? errcode & 0xff : null
}

/** True when another connection holds the lock: worth another try. */
export const isBusy = (thrown: unknown): boolean => {
  const code = resultCode(thrown)
  return code === SQLITE_BUSY || code === SQLITE_LOCKED
}

/** What SQLite or its binding threw becomes `jobs.store_unavailable`; what our own code threw stays itself. */
export const storeFault = (thrown: unknown): unknown => {
  const code = (thrown as { code?: unknown } | null)?.code
  const ofStore = code === 'ERR_SQLITE_ERROR' || code === 'ERR_INVALID_STATE'
  if (thrown instanceof Fault || !ofStore) return thrown
  return new Fault('jobs.store_unavailable', { sqlite: resultCode(thrown) }, { cause: thrown })
}
