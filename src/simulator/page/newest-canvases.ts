import type { CanvasView, EntryView } from '../page-contract.ts'

/**
 * An entry that was just read, but with the canvases the page knows where these are not older: what the stream tells may
 * overtake an answer that was made before.
 */
export const withNewestCanvases = (read: EntryView, known: EntryView | null): EntryView =>
  known?.id === read.id
    ? { ...read, canvases: read.canvases.map((canvas) => notOlder(canvas, known.canvases)) }
    : read

const notOlder = (canvas: CanvasView, known: readonly CanvasView[]): CanvasView => {
  const other = known.find(({ id }) => id === canvas.id)
  return other && other.updatedAt >= canvas.updatedAt ? other : canvas
}
