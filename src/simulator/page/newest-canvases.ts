import type { CanvasView, EntryView, PlaceView } from '../page-contract.ts'

/**
 * An entry that was just read, but with the canvases the page knows where these are not older: what the stream tells may
 * overtake an answer that was made before.
 */
export const withNewestCanvases = (read: EntryView, known: EntryView | null): EntryView =>
  known?.id === read.id
    ? { ...read, canvases: read.canvases.map((canvas) => newer(canvas, known.canvases)) }
    : read

/** The same for places outside of entries. */
export const withNewestPlaces = (
  read: readonly PlaceView[],
  known: readonly PlaceView[],
): readonly PlaceView[] => {
  const canvases = known.flatMap(({ canvas }) => (canvas ? [canvas] : []))
  return read.map((place) => {
    const made = place.canvas ?? canvases.find((canvas) => sitsIn(canvas, place))
    return made ? { ...place, canvas: newer(made, canvases) } : place
  })
}

export const sitsIn = (canvas: CanvasView, { featureId, resourceId }: PlaceView): boolean =>
  canvas.entryId === resourceId && canvas.featureId === featureId

const newer = (canvas: CanvasView, known: readonly CanvasView[]): CanvasView => {
  const other = known.find(({ id }) => id === canvas.id)
  return other && other.serial > canvas.serial ? other : canvas
}
