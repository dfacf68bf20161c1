import { ByteBudget } from '../base/byte-budget.ts'
import type { ArchiveLimits } from './archive.ts'
import { DIRECTORY_MAX_BYTES } from './bounds.ts'

/**
 * What all archives of a process may keep in memory as long as they are open, beside the budget of those that are being
 * read. An archive takes from `held` first and from `directories` after it, so none waits for another in a circle.
 */
export type ArchiveMemory = {
  /** Whole files, because their servers know no ranges. */
  readonly held: ByteBudget
  /** Directories, by their bytes in the archive. Kept as records they take up to five times as much. */
  readonly directories: ByteBudget
}

export const archiveMemory = ({ maxBufferBytes }: Pick<ArchiveLimits, 'maxBufferBytes'>): ArchiveMemory => ({
  held: new ByteBudget(maxBufferBytes),
  directories: new ByteBudget(DIRECTORY_MAX_BYTES),
})
