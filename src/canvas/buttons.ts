import { LAST_PAGE, PACKAGE_ROUTE, type Route } from './route.ts'

/** What a button of ours does to the route it was drawn on. */
export type Step =
  /** Draws again what is there. */
  | { readonly kind: 'show' }
  /** Back to the package, or to the homepage where there is no entry. */
  | { readonly kind: 'package' }
  | { readonly kind: 'files' }
  | { readonly kind: 'metadata' }
  | { readonly kind: 'revisions' }
  | { readonly kind: 'first' }
  | { readonly kind: 'previous' }
  | { readonly kind: 'next' }
  | { readonly kind: 'last' }
  /** Down into the folder, or value, with this `stepTag`. */
  | { readonly kind: 'into'; readonly tag: string }
  | { readonly kind: 'up' }
  /** Another package that the screen lists, by its `packageTag`. */
  | { readonly kind: 'open'; readonly tag: string }
  /** The files of the revision whose pointer has this time, in seconds. */
  | { readonly kind: 'at'; readonly seconds: number }
  /** Searches for what was typed; `clear` ends that. */
  | { readonly kind: 'search' }
  | { readonly kind: 'clear' }

/** What a pressed button asks for. `entryId` is only there where the id itself says it (ids of the known system). */
export type ButtonPress =
  | { readonly kind: 'update'; readonly entryId: string | null }
  | { readonly kind: 'retry'; readonly entryId: string | null }
  /** `stamp`: of the route the button was drawn on; null for the package screen. */
  | { readonly kind: 'step'; readonly step: Step; readonly stamp: string | null }
  /** A button of the known system: it says all by itself. `turns`: to another page. */
  | { readonly kind: 'go'; readonly route: Route; readonly turns?: boolean }
  | { readonly kind: 'unknown' }

/** The id of a button: what it does, with what, and the stamp of the route it is drawn on. At most 24 characters. */
export const buttonId = (step: Step, stamp: string | null = null): string => {
  const argument = 'tag' in step ? `.${step.tag}` : step.kind === 'at' ? `.${step.seconds}` : ''
  return `${step.kind}${argument}${stamp === null ? '' : `~${stamp}`}`
}

const OUR_ID = /^([a-z]{2,10})(?:\.([0-9a-f]{1,12}))?(?:~([0-9a-f]{6}))?$/

const PLAIN_STEPS: ReadonlySet<string> = new Set([
  'show',
  'package',
  'files',
  'metadata',
  'revisions',
  'first',
  'previous',
  'next',
  'last',
  'up',
  'search',
  'clear',
])

/** Ids of entries as Benchling makes them. Runs have UUIDs instead. */
const ENTRY_ID = /^etr_[A-Za-z0-9]{1,64}$/

export const isEntryId = (id: string): boolean => ENTRY_ID.test(id)

/**
 * Ids of the known system (facts: peer-service §3.6, §12.2): an action, the entry, for linked packages the package, and
 * a page. Canvases drawn by it keep their buttons after the switch, so these are understood for ever and never made.
 */
const OLD_ID =
  /^([a-z]+(?:-[a-z]+)*)-(etr_[A-Za-z0-9]{1,64})(?:-pkg-([A-Za-z0-9_-]{1,500}?))?(?:-p(\d{1,6})-s\d{1,6})?$/

const LONGEST_ID = 1024

/** Recognises a button by its id: ours, the known system's, and a bare entry id (seen in 2025). */
export const readButton = (id: string): ButtonPress => {
  if (id.length > LONGEST_ID) return UNKNOWN
  if (id === 'update' || id === 'retry') return { kind: id, entryId: null }
  if (isEntryId(id)) return { kind: 'update', entryId: id }
  return ourButton(id) ?? oldButton(id) ?? UNKNOWN
}

const UNKNOWN: ButtonPress = { kind: 'unknown' }

const ourButton = (id: string): ButtonPress | null => {
  const [, kind = '', argument, stamp = null] = OUR_ID.exec(id) ?? []
  const step = stepOf(kind, argument)
  return step && { kind: 'step', step, stamp }
}

const stepOf = (kind: string, argument: string | undefined): Step | null => {
  if (argument === undefined) return PLAIN_STEPS.has(kind) ? ({ kind } as Step) : null
  if (kind === 'into' && argument.length === 12) return { kind, tag: argument }
  if (kind === 'open' && argument.length === 8) return { kind, tag: argument }
  if (kind === 'at' && /^[1-9]\d{0,11}$/.test(argument)) return { kind, seconds: Number(argument) }
  return null
}

const oldButton = (id: string): ButtonPress | null => {
  const [, action, entryId, encoded, digits] = OLD_ID.exec(id) ?? []
  if (!action || !entryId) return null
  if (action === 'update-package' || action === 'update-button') return { kind: 'update', entryId }
  if (action.endsWith('-linked') !== (encoded !== undefined)) return null
  const about = { of: encoded === undefined ? null : `=${encoded}`, revision: null, path: [] }
  const page = Math.min(Number(digits ?? 0), LAST_PAGE)
  switch (action.replace(/-linked$/, '')) {
    case 'browse-files':
    case 'browse':
      return { kind: 'go', route: { screen: 'files', ...about, page } }
    case 'next-page':
    case 'prev-page':
      return { kind: 'go', route: { screen: 'files', ...about, page }, turns: true }
    case 'view-metadata':
      return { kind: 'go', route: { screen: 'metadata', ...about, page: 0 } }
    case 'back-to-package':
      return { kind: 'go', route: PACKAGE_ROUTE }
    default:
      return null
  }
}
