import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { startRangeServer } from '../test/support/range-server.ts'
import { writeArchive } from './export-archive.ts'

export type Order = { readonly path: string; readonly bytes: number; readonly members: number }

const READ_BYTES = 256 * 1024

/** A process of its own: makes the archive, serves it by ranges, and answers the address. */
process.once('message', async ({ path, bytes, members }: Order) => {
  await writeArchive(path, bytes, members)
  const { size } = await stat(path)
  const file = {
    size,
    chunks: (start: number, end: number) =>
      createReadStream(path, { start, end: end - 1, highWaterMark: READ_BYTES }) as AsyncIterable<Uint8Array>,
  }
  const { url } = await startRangeServer(file)
  process.send?.(url)
})
