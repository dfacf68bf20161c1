import type { Archive, ArchiveLimits, MemberBody } from '../../src/export/archive.ts'
import { openArchive } from '../../src/export/open-archive.ts'
import { HttpDownload } from '../support/http-download.ts'
import {
  type RangeServer,
  type ServedFile,
  type ServerFaults,
  startRangeServer,
} from '../support/range-server.ts'

export const LIMITS: ArchiveLimits = {
  maxMembers: 100_000,
  maxBytes: 1e12,
  maxRatio: 250,
  maxBufferBytes: 64 * 1024 * 1024,
}

const never = new AbortController().signal

export type Served = { readonly server: RangeServer; readonly download: HttpDownload }

/** Serves a file for the time of `work`. */
export const served = async <T>(
  file: ServedFile,
  faults: ServerFaults,
  work: (served: Served) => Promise<T>,
): Promise<T> => {
  await using server = await startRangeServer(file, faults)
  const download = new HttpDownload(server.url)
  try {
    return await work({ server, download })
  } finally {
    download.close()
  }
}

export const contentOf = async (body: MemberBody): Promise<Buffer> => {
  const chunks: Uint8Array[] = []
  for await (const chunk of body.chunks) chunks.push(Buffer.from(chunk))
  return Buffer.concat(chunks)
}

export type Content = { readonly name: string; readonly data: Buffer }

/** Everything an archive holds, in the order of its directory. */
export const contents = async (archive: Archive, signal: AbortSignal = never): Promise<Content[]> => {
  const found: { index: number; name: string; data: Buffer }[] = []
  for (const span of archive.spans(archive.members))
    for await (const body of archive.read(span, signal))
      found.push({ index: body.member.index, name: body.member.name, data: await contentOf(body) })
  return found.sort((a, b) => a.index - b.index).map(({ name, data }) => ({ name, data }))
}

export const open = (download: HttpDownload, limits: Partial<ArchiveLimits> = {}): Promise<Archive> =>
  openArchive(download, { ...LIMITS, ...limits }, never)

/** Opens and reads everything, through a real server. */
export const readAll = (file: Uint8Array, limits: Partial<ArchiveLimits> = {}): Promise<Content[]> =>
  served(file, {}, async ({ download }) => contents(await open(download, limits)))

/** Bytes that do not compress, the same for the same seed. */
export const noise = (length: number, seed = 1): Buffer => {
  const bytes = Buffer.allocUnsafe(length)
  let state = seed * 2_654_435_761
  for (let i = 0; i < length; i++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0
    bytes[i] = state >>> 24
  }
  return bytes
}
