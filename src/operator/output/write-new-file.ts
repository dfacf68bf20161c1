import { randomUUID } from 'node:crypto'
import { link, rm, writeFile } from 'node:fs/promises'
import { errorCode } from '../../base/error-code.ts'
import { Fault } from '../../base/fault.ts'

/**
 * Writes a file that is there whole or not at all, and is never one that was there before. Throws `usage.invalid`, which
 * names the option it came from.
 */
export const writeNewFile = async (path: string, content: string, option: string): Promise<void> => {
  const beside = `${path}.${randomUUID().slice(0, 8)}.new`
  try {
    await writeFile(beside, content, { flag: 'wx' })
    await link(beside, path)
  } catch (thrown) {
    throw new Fault('usage.invalid', {}, { detail: why(errorCode(thrown), path, option), cause: thrown })
  } finally {
    await rm(beside, { force: true })
  }
}

const why = (error: string | undefined, path: string, option: string): string =>
  error === 'EEXIST'
    ? `${option}: ${path} is there already. Remove it first, or name another file.`
    : `${option}: ${path} cannot be written (${error ?? 'for an unknown reason'}).`
