/** What the part of the address after `#` asks for; the canvas' links to packages use it too. */
export type Address =
  | { readonly kind: 'entry'; readonly entryId: string }
  | { readonly kind: 'package'; readonly name: string; readonly revision: string | null }

/** Reads `#entry=<id>` and `#package=<name>&revision=<top hash>`; null for anything else. */
export const parseAddress = (hash: string): Address | null => {
  const asked = new URLSearchParams(hash.replace(/^#/, ''))
  const entryId = asked.get('entry')
  const name = asked.get('package')
  if (name) return { kind: 'package', name, revision: asked.get('revision') || null }
  return entryId ? { kind: 'entry', entryId } : null
}

export const entryAddress = (entryId: string): string => `#entry=${encodeURIComponent(entryId)}`

export const packageAddress = (name: string, revision: string | null): string =>
  `#package=${encodeURIComponent(name)}${revision === null ? '' : `&revision=${revision}`}`
