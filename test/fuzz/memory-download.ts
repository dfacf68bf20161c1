import type { ByteRange, Download, DownloadAnswer } from '../../src/base/download.ts'

/** A file in memory behind the download port: ranges, a strong tag, and a count of the bytes that were given out. */
export const memoryDownload = (file: Buffer): Download & { readonly given: number } => {
  const state = { given: 0 }
  const slice = (range: ByteRange | null): [number, number] => {
    if (range === null) return [0, file.length]
    return 'last' in range
      ? [Math.max(0, file.length - range.last), file.length]
      : [range.start, Math.min(file.length, range.end + 1)]
  }
  return {
    get given() {
      return state.given
    },
    get: async (range): Promise<DownloadAnswer> => {
      const [start, end] = slice(range)
      const body = async function* () {
        for (let at = start; at < end; at += 65_536) {
          const piece = file.subarray(at, Math.min(end, at + 65_536))
          state.given += piece.length
          yield piece
        }
      }
      return { start, total: file.length, partial: true, etag: '"1"', body: body(), cancel: () => {} }
    },
  }
}
