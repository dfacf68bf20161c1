import type { PlaceKind } from '../page-contract.ts'

/** What the part of the address after `#` asks for; the canvas' links to packages use it too. */
export type Address =
  | { readonly kind: 'entry'; readonly entryId: string }
  | { readonly kind: 'place'; readonly place: PlaceKind }
  | {
      readonly kind: 'package'
      readonly name: string
      readonly revision: string | null
      /** Logical key of a file to look at. */
      readonly file: string | null
    }

const PLACES: readonly PlaceKind[] = ['home', 'run']

/** Reads `#entry=<id>`, `#place=home|run` and `#package=<name>&revision=<top hash>&file=<logical key>`; null for else. */
export const parseAddress = (hash: string): Address | null => {
  const asked = new URLSearchParams(hash.replace(/^#/, ''))
  const name = asked.get('package')
  if (name)
    return { kind: 'package', name, revision: asked.get('revision') || null, file: asked.get('file') || null }
  const place = PLACES.find((kind) => kind === asked.get('place'))
  if (place) return { kind: 'place', place }
  const entryId = asked.get('entry')
  return entryId ? { kind: 'entry', entryId } : null
}

export const entryAddress = (entryId: string): string => `#entry=${encodeURIComponent(entryId)}`

export const placeAddress = (place: PlaceKind): string => `#place=${place}`

export const packageAddress = (name: string, revision: string | null): string =>
  `#package=${encodeURIComponent(name)}${revision === null ? '' : `&revision=${revision}`}`

/** The handle of whoever sits in front of this tab: `?as=<handle>`. */
export const personIn = (query: string): string | null => new URLSearchParams(query).get('as') || null

/** The same place as somebody else. */
export const addressAs = (handle: string, hash: string): string => `?as=${encodeURIComponent(handle)}${hash}`
