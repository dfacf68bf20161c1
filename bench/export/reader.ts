import { type ReaderOrder, readExport } from './read-export.ts'

process.once('disconnect', () => process.exit())

/** A process of its own, so that its memory is what reading an export costs. */
process.once('message', async (order: ReaderOrder) => {
  process.send?.(await readExport(order))
})
