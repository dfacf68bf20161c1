import type { Download } from '../base/download.ts'
import type { Archive, ArchiveLimits, Member } from './archive.ts'
import { type ArchiveMemory, archiveMemory } from './archive-memory.ts'
import type { ByteSource } from './byte-source.ts'
import { readDirectory } from './directory.ts'
import { extentsOf } from './extents.ts'
import { openSource } from './range-source.ts'
import { readSpan } from './read-span.ts'
import { planSpans } from './spans.ts'

/**
 * Opens a ZIP archive behind a download: one request for its last MiB, one more where the directory is larger. Every
 * fault of the directory is thrown here, before any member is read: `archive.not_zip`, `truncated`,
 * `directory_invalid`, `overlap`, `unsupported`, `encrypted`, `too_many_members`, `too_large`, `ratio_too_high`,
 * `name_invalid`; and `export.changed`, `export.too_large_without_ranges`,
 * `export.download_failed` and what the download throws. Reading throws `archive.member_invalid` and the `export.*` faults.
 * `memory` is shared by all archives of the process, waited for, and given back when the archive is disposed.
 *
 * Formats: APPNOTE 6.3.10; stored and deflated, ZIP64, data descriptors, Unicode path fields.
 */
export const openArchive = async (
  download: Download,
  limits: ArchiveLimits,
  signal: AbortSignal,
  memory: ArchiveMemory = archiveMemory(limits),
): Promise<Archive> => {
  const source = await openSource(download, { maxBytes: limits.maxBufferBytes, memory: memory.held }, signal)
  return readArchive(source, limits, memory, signal)
}

const readArchive = async (
  source: ByteSource & Disposable,
  limits: ArchiveLimits,
  memory: ArchiveMemory,
  signal: AbortSignal,
): Promise<Archive> => {
  using stack = new DisposableStack()
  stack.use(source)
  const directory = stack.use(await readDirectory(source, limits, memory.directories, signal))
  const plan = { records: directory.records, extents: extentsOf(directory) }
  const members: Member[] = directory.records
    .filter(({ kind }) => kind === 'file')
    .map(({ index, name, size, compressedSize, crc32, method, localHeaderOffset }) => ({
      index,
      name,
      size,
      compressedSize,
      crc32,
      method,
      localHeaderOffset,
    }))
  const kept = stack.move()
  return {
    members,
    archiveBytes: source.size,
    get requests() {
      return source.requests
    },
    spans: (wanted) => planSpans(wanted, plan.extents),
    read: (span, readSignal) => readSpan(source, plan, span, readSignal),
    [Symbol.dispose]: () => kept.dispose(),
  }
}
