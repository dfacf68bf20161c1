import { createHash } from 'node:crypto'
import { z } from 'zod'

/** Steps down into folders or values that a route can hold; deeper ones are opened in the catalog. */
export const ROUTE_DEPTH = 32
/** Characters of a search that are kept. */
export const SEARCH_LENGTH = 100
/** Stands for the last page, whichever that is: drawing finds out. */
export const LAST_PAGE = 1_000_000

const TAG = /^[0-9a-f]{8,16}$/
/** `=<package>` as a button of the known system wrote it, `/` as `--`. */
const OF = /^(?:[0-9a-f]{8}|=[A-Za-z0-9_-]{1,500})$/

const page = z.number().int().min(0).max(LAST_PAGE)
const about = {
  /** The package: null for the entry's own, else its `packageTag`, matched against what may be opened when it is drawn. */
  of: z.string().regex(OF).nullable(),
  /** Seconds of its pointer; null for the current revision. */
  revision: z.number().int().positive().nullable(),
}
/** Each step down by its `stepTag`, so that neither buttons nor records hold names. */
const path = z.array(z.string().regex(TAG)).max(ROUTE_DEPTH)

const routeSchema = z.discriminatedUnion('screen', [
  z.strictObject({ screen: z.literal('package') }),
  z.strictObject({ screen: z.literal('files'), ...about, path, page }),
  z.strictObject({ screen: z.literal('metadata'), ...about, path, page }),
  z.strictObject({ screen: z.literal('revisions'), of: about.of, page }),
  z.strictObject({
    screen: z.literal('home'),
    search: z.string().max(SEARCH_LENGTH).nullable(),
    page,
    /** True when what the person typed is still to be read from the canvas. */
    ask: z.boolean().optional(),
  }),
])

/** Where a canvas is: what its run draws. Pages count from 0. */
export type Route = z.infer<typeof routeSchema>
export type RouteTo<S extends Route['screen']> = Extract<Route, { screen: S }>
/** A screen about one package. */
export type BrowseRoute = RouteTo<'files' | 'metadata' | 'revisions'>

/** True on a screen about one package, from which there is a way back. */
export const isBrowsing = (route: Route): route is BrowseRoute =>
  route.screen !== 'package' && route.screen !== 'home'

export const PACKAGE_ROUTE: Route = { screen: 'package' }
/** The latest packages: what a canvas outside of entries shows first. */
export const HOME_ROUTE: RouteTo<'home'> = { screen: 'home', search: null, page: 0 }

/** Which of the packages that may be opened is meant, without its name. `bucket`: null for the service's own folder. */
export const packageTag = (at: { readonly bucket: string | null; readonly name: string }): string =>
  digest(`${at.bucket ?? ''}/${at.name}`).slice(0, 8)

/** Which of the folders, or values, beside each other is meant. */
export const stepTag = (name: string): string => digest(name).slice(0, 12)

/** Tells the routes that a canvas showed lately apart: buttons carry it, so that a press means what was seen. */
export const stampOf = (route: Route): string => digest(JSON.stringify(route)).slice(0, 6)

const digest = (text: string): string => createHash('sha256').update(text).digest('hex')

const dataSchema = z.looseObject({ v: z.literal(1), route: routeSchema })

/** The canvas' `data`: a copy of its route, for canvases that outlive the records. Far below Benchling's 5 kB. */
export const routeData = (route: Route): string => JSON.stringify({ v: 1, route })

/** The route in a canvas' `data`; null for what is not ours. */
export const readRouteData = (data: string | null): Route | null => {
  try {
    const read = dataSchema.safeParse(JSON.parse(data ?? 'null'))
    return read.success ? read.data.route : null
  } catch {
    return null
  }
}
