/**
 * A place that asked for a canvas (`v2.canvas.initialized`: a run or a homepage). Its key is
 * `place:<featureId>:<resourceId>`; its run creates the canvas once and remembers it here.
 */
export type PlaceState = {
  /** Installation id (`app_…`) of the envelope that asked: canvases are created in its name. */
  readonly appId: string
  readonly featureId: string
  readonly resourceId: string
  readonly canvasId: string | null
}
