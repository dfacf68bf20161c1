import { errorCode } from '../base/error-code.ts'
import { Fault } from '../base/fault.ts'

const FORBIDDEN = ['EACCES', 'EPERM', 'EROFS', 'ERR_ACCESS_DENIED']
/** The registry, or a folder in it, is something else. */
const NO_FOLDER = ['ENOTDIR', 'EEXIST', 'EISDIR']

/** True when there is no such file. */
export const isMissing = (thrown: unknown): boolean =>
  ['ENOENT', 'ENOTDIR', 'EISDIR'].includes(errorCode(thrown) ?? '')

/** An error of the file system as a `store.*` fault; faults and aborts stay themselves. Paths stay out of the detail. */
export const folderFault = (thrown: unknown): unknown => {
  const code = errorCode(thrown)
  if (thrown instanceof Fault || code === undefined || code === 'ABORT_ERR') return thrown
  if (FORBIDDEN.includes(code)) return new Fault('store.forbidden', { error: code }, { cause: thrown })
  if (NO_FOLDER.includes(code)) return new Fault('store.not_found', { error: code }, { cause: thrown })
  return new Fault('store.unavailable', { error: code }, { cause: thrown })
}

/** Runs work on the file system; what it throws becomes a fault. */
export const asFolderWork = async <T>(work: () => Promise<T>): Promise<T> => {
  try {
    return await work()
  } catch (thrown) {
    throw folderFault(thrown)
  }
}
