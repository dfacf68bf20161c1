import { startRangeServer } from '../../test/support/range-server.ts'
import { type ArchiveOrder, VirtualArchive } from './archive.ts'

/** `path`: where the archive is to be written for unzip; null: nowhere. */
export type ServerOrder = ArchiveOrder & { readonly path: string | null }

process.once('disconnect', () => process.exit())

/** A process of its own: makes the archive, serves it by ranges, and answers the address. */
process.once('message', async ({ path, ...order }: ServerOrder) => {
  const archive = new VirtualArchive(order)
  if (path !== null) await archive.writeTo(path)
  const { url } = await startRangeServer(archive)
  process.send?.(url)
})
