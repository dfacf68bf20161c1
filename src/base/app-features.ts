/** A feature of the app in Benchling. Its id comes back in every message about a canvas of it. */
export type AppFeature = {
  readonly id: string
  readonly name: string
  readonly type: 'CANVAS' | 'ASSAY_RUN' | 'APP_HOMEPAGE'
  /** Where people can insert it; without it Benchling decides. */
  readonly locations?: readonly ('ENTRY' | 'ENTRY_TEMPLATE' | 'APP_HOME')[]
}

/**
 * The features that the app's manifest declares. The first has the id that the known system's manifest gives it, so that
 * canvases which are in entries already keep their feature. The service itself answers whatever feature asks.
 */
export const APP_FEATURES = {
  entry: {
    id: 'quilt-entry',
    name: 'Quilt Package',
    type: 'CANVAS',
    locations: ['ENTRY', 'ENTRY_TEMPLATE'],
  },
  run: { id: 'quilt-run', name: 'Quilt Packages of a run', type: 'ASSAY_RUN' },
  home: { id: 'quilt-home', name: 'Quilt Packages', type: 'APP_HOMEPAGE' },
} as const satisfies Record<string, AppFeature>

/** What the app asks Benchling to tell it. */
export const APP_MESSAGES = [
  'v2.canvas.userInteracted',
  'v2.canvas.created',
  'v2.canvas.initialized',
  'v2.entry.created',
  'v2.entry.updated.fields',
  'v2.entry.updated.reviewRecord',
] as const
