import { createHash } from 'node:crypto'
import { openArchive } from '../../src/export/open-archive.ts'
import { type Content, contents, served } from '../export/archives.ts'
import { limitsOf } from './archive-lab.ts'
import { ARCHIVE_SETTINGS } from './archive-settings.ts'

/** What one program finds in an archive: its files in the order of the directory, or why it reads none or not all. */
export type Reading =
  | { readonly names: readonly string[]; readonly digests: readonly string[] }
  | { readonly refused: string }

const sha256 = (data: Uint8Array): string => createHash('sha256').update(data).digest('hex')

/** Every content by itself. */
export const each = (found: readonly Content[]): Reading => ({
  names: found.map(({ name }) => name),
  digests: found.map(({ data }) => sha256(data)),
})

/** All contents one after the other, for programs that give them so. */
export const together = (found: readonly Content[]): Reading => ({
  names: found.map(({ name }) => name),
  digests: [sha256(Buffer.concat(found.map(({ data }) => data)))],
})

export const refusal = (thrown: unknown): Reading => ({
  refused: thrown instanceof Error ? thrown.message : String(thrown),
})

/** Our own reader, over HTTP, with the limits the corpus is tried with. */
export const ours = (bytes: Buffer, file = '', form = each): Promise<Reading> =>
  served(bytes, {}, async ({ download }) => {
    const { signal } = new AbortController()
    using archive = await openArchive(download, limitsOf(ARCHIVE_SETTINGS[file]), signal)
    return await contents(archive)
  }).then(form, refusal)

/**
 * How a second reader differs from ours: it `refuses` what we read, `accepts` what we refuse, finds the same bytes under
 * other `names`, or other `contents`. Null when it does not.
 */
export type Difference = 'refuses' | 'accepts' | 'names' | 'contents'

export const differenceOf = (own: Reading, their: Reading): Difference | null => {
  if ('refused' in own) return 'refused' in their ? null : 'accepts'
  if ('refused' in their) return 'refuses'
  if (own.digests.join() !== their.digests.join() || own.names.length !== their.names.length)
    return 'contents'
  return own.names.every((name, at) => name === their.names[at]) ? null : 'names'
}
