import type { CanvasView, PlaceView } from '../page-contract.ts'
import { sitsIn } from './newest-canvases.ts'
import type { PageState } from './page-state.ts'

/** The canvases the page holds: those of the entry that is open, and of the places outside of entries. */
export const knownCanvases = ({ entry, snapshot }: PageState): readonly CanvasView[] => [
  ...(entry?.canvases ?? []),
  ...(snapshot?.places ?? []).flatMap(({ canvas }) => (canvas ? [canvas] : [])),
]

/** The state with what was told of a canvas; null where the page shows it nowhere yet. */
export const withCanvas = (state: PageState, canvas: CanvasView): Partial<PageState> | null => {
  const { entry, snapshot } = state
  const replaced = (c: CanvasView) => (c.id === canvas.id ? canvas : c)
  if (entry?.canvases.some(({ id }) => id === canvas.id))
    return { entry: { ...entry, canvases: entry.canvases.map(replaced) } }
  if (!snapshot?.places.some((place) => sitsIn(canvas, place))) return null
  const places = snapshot.places.map((place) => (sitsIn(canvas, place) ? { ...place, canvas } : place))
  return { snapshot: { ...snapshot, places } }
}

/** The state with a place that was opened; a newer run takes the place of the one before. */
export const withPlace = ({ snapshot }: PageState, place: PlaceView): Partial<PageState> => {
  if (snapshot === null) return {}
  const known = snapshot.places.find(({ resourceId }) => resourceId === place.resourceId)
  const canvas = known?.canvas ?? place.canvas
  const others = snapshot.places.filter(({ kind }) => kind !== place.kind)
  return { snapshot: { ...snapshot, places: [...others, { ...place, canvas }] } }
}
