/** What a pressed button asks for. `entryId` is only there where the id itself says it (ids of the known system). */
export type ButtonPress =
  | { readonly kind: 'update'; readonly entryId: string | null }
  | { readonly kind: 'retry'; readonly entryId: string | null }
  | { readonly kind: 'show'; readonly action: string; readonly page: number | null }
  | { readonly kind: 'unknown' }

/** Ids of entries as Benchling makes them. Runs have UUIDs instead. */
const ENTRY_ID = /^etr_[A-Za-z0-9]{1,64}$/

export const isEntryId = (id: string): boolean => ENTRY_ID.test(id)

/**
 * Ids of the known system (facts: peer-service §3.6, §12.2): an action, the entry, for linked packages the package, and
 * a page. Canvases drawn by it keep their buttons after the switch, so these are understood for ever and never made.
 */
const OLD_ID = /^([a-z]+(?:-[a-z]+)*)-(etr_[A-Za-z0-9]{1,64})(?:-pkg-.+?)?(?:-p(\d{1,6})-s\d{1,6})?$/

const OLD_SCREENS: ReadonlySet<string> = new Set([
  'browse-files',
  'browse-linked',
  'next-page',
  'prev-page',
  'next-page-linked',
  'prev-page-linked',
  'view-metadata',
  'view-metadata-linked',
  'back-to-package',
])

const LONGEST_ID = 1024

/** Recognises a button by its id: ours (`update`, `retry`, `show`), the known system's, and a bare entry id (seen in 2025). */
export const readButton = (id: string): ButtonPress => {
  if (id === 'update' || id === 'retry') return { kind: id, entryId: null }
  if (id === 'show') return { kind: 'show', action: 'show', page: null }
  if (isEntryId(id)) return { kind: 'update', entryId: id }
  const [, action, entryId, page] = (id.length <= LONGEST_ID && OLD_ID.exec(id)) || []
  if (!action || !entryId) return { kind: 'unknown' }
  if (action === 'update-package' || action === 'update-button') return { kind: 'update', entryId }
  if (OLD_SCREENS.has(action)) return { kind: 'show', action, page: page ? Number(page) : null }
  return { kind: 'unknown' }
}
