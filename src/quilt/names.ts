import { Fault } from '../base/fault.ts'
import type { LogicalKey, PackageName } from './types.ts'

/** The strict ASCII form of Quilt's rule: Python's `\w` would let letters of any script and a last newline through. */
const PACKAGE_NAME = /^[A-Za-z0-9_-]+\/[A-Za-z0-9_-]+$/
/** S3 keys end here, and so do logical keys. */
export const MAX_KEY_BYTES = 1024

/** Checks `prefix/name`. Throws `package.name_invalid`. */
export const packageName = (text: string): PackageName => {
  if (!isPackageName(text)) throw new Fault('package.name_invalid', { name: text })
  return text
}

export const isPackageName = (text: string): text is PackageName => PACKAGE_NAME.test(text)

/** Why a text is no logical key (quilt-formats.md §4.2), or null when it is one. */
export const logicalKeyProblem = (text: string): string | null => {
  if (text === '') return 'it is empty'
  if (!text.isWellFormed()) return 'it is not valid Unicode'
  if (Buffer.byteLength(text) > MAX_KEY_BYTES) return `it is longer than ${MAX_KEY_BYTES} bytes`
  const bad = text.split('/').find((part) => part === '' || part === '.' || part === '..')
  return bad === undefined ? null : `it has the part "${bad}"`
}

/**
 * Checks a path inside a package: also on reading, because a manifest from elsewhere could name `../x` and be installed
 * outside its folder. Throws `manifest.invalid`.
 */
export const logicalKey = (text: string): LogicalKey => {
  const problem = logicalKeyProblem(text)
  if (problem) throw new Fault('manifest.invalid', { logicalKey: text.slice(0, 200), problem })
  return text as LogicalKey
}
