import type { Status } from '../../jobs/subject.ts'
import { justAnnounced } from '../../packaging/current-revision.ts'
import type { EntryState } from '../../packaging/entry-state.ts'
import type { TopHash } from '../../quilt/types.ts'
import type { Block } from '../blocks.ts'
import { buttonId, type Step } from '../buttons.ts'
import type { CanvasPorts, PackageReader } from '../canvas-ports.ts'
import type { LinkedNow } from '../linked-packages.ts'
import { type BrowseRoute, type Route, stampOf } from '../route.ts'
import { type Absence, absentScreen } from '../screens/absent.ts'
import type { BrowseFrame, ShownRevision } from '../screens/browse-frame.ts'
import { filesScreen } from '../screens/files.ts'
import { metadataScreen } from '../screens/metadata.ts'
import { revisionsScreen } from '../screens/revisions.ts'
import { filesPage } from './files-page.ts'
import { metadataPage } from './metadata-page.ts'
import { revisionsPage } from './revisions-page.ts'
import { type PackageAt, whichPackage } from './which-package.ts'

/** A drawn screen about one package. `route`: where the canvas is after all, with the pages that there really are. */
export type BrowseScreen = { readonly blocks: Block[]; readonly status: string; readonly route: Route }

/** From where packages are browsed: a canvas in an entry, or one outside. */
export type BrowseFrom = {
  /** The entry's record, and the state of the work on it; null outside of entries. */
  readonly entry: { readonly state: EntryState; readonly status: Status } | null
  /** Packages that may be opened beside the entry's own. */
  readonly allowed: LinkedNow | null
  readonly notice: string | null
}

/**
 * Draws a screen about one package, for a canvas that may show it. Throws `store.*` and `manifest.*` when the registry
 * cannot be read.
 */
export const browseScreen = async (
  route: BrowseRoute,
  from: BrowseFrom,
  ports: CanvasPorts,
  signal: AbortSignal,
): Promise<BrowseScreen> => {
  const absent = (why: Absence, revisions: string | null = null): BrowseScreen => ({
    blocks: absentScreen({ why, notice: from.notice, footer: ports.footer, revisions, home: !from.entry }),
    status: why,
    route,
  })
  const at = packageOf(route, from, ports)
  if (typeof at === 'string') return absent(at)
  const found = await ports.reader(at.bucket)
  if (!found) return absent(route.of === null ? 'no-bucket' : 'not-linked')
  const told = route.of === null && from.entry ? justAnnounced(from.entry.state, ports.clock.now()) : null
  const reader = told === null ? found : whoseLatestIs(told, found)
  const shared = frameOf(at, route, from, ports)

  if (route.screen === 'revisions') {
    const page = await revisionsPage(reader, at.name, route, signal)
    if (page === null) return absent(whyNone(from))
    const frame = { ...shared, revision: null, id: idsOf(page.route) }
    return { blocks: revisionsScreen(frame, page), status: route.screen, route: page.route }
  }
  const shown = await shownRevision(reader, at, route.revision, signal)
  if (shown === 'gone') return absent('gone', idsOf(route)({ kind: 'revisions' }))
  if (shown === null) return absent(route.of === null ? whyNone(from) : notAllowed(from))
  const revision = await reader.revision(at.name, shown.topHash, signal)
  if (route.screen === 'files') {
    const page = filesPage(revision, route)
    const frame = { ...shared, revision: shown, id: idsOf(page.route) }
    return { blocks: filesScreen(frame, page), status: route.screen, route: page.route }
  }
  const page = metadataPage(revision.header.user_meta, route)
  const frame = { ...shared, revision: shown, id: idsOf(page.route) }
  return { blocks: metadataScreen(frame, page), status: route.screen, route: page.route }
}

/** An event that was told is not told again when `latest` names its revision, too, moments later. */
const whoseLatestIs = (topHash: TopHash, reader: PackageReader): PackageReader => ({
  latest: async () => topHash,
  revision: (...given) => reader.revision(...given),
  history: (...given) => reader.history(...given),
  revisionAt: (...given) => reader.revisionAt(...given),
})

const packageOf = (
  route: BrowseRoute,
  { entry, allowed }: BrowseFrom,
  ports: CanvasPorts,
): PackageAt | Absence => {
  if (route.of !== null) {
    const found = whichPackage(route.of, allowed?.packages ?? [], ports.bucket)
    return found ?? (allowed?.searching ? 'searching' : notAllowed({ entry }))
  }
  if (ports.bucketless) return 'no-bucket'
  const name = entry?.state.packageName ?? null
  if (name === null) return whyNone({ entry })
  return { bucket: ports.bucket, name: name as PackageAt['name'] }
}

const whyNone = ({ entry }: Pick<BrowseFrom, 'entry'>): Absence => {
  if (entry === null) return 'not-listed'
  if (entry.state.handedOver) return 'handed-over'
  return entry.status !== 'idle' ? 'under-way' : 'not-created'
}

const notAllowed = ({ entry }: Pick<BrowseFrom, 'entry'>): Absence => (entry ? 'not-linked' : 'not-listed')

const frameOf = (
  at: PackageAt,
  { of }: BrowseRoute,
  { notice, entry }: BrowseFrom,
  { links, footer, bucket }: CanvasPorts,
): Omit<BrowseFrame, 'revision' | 'id'> => ({
  name: at.name,
  displayId: entry?.state.displayId ?? null,
  bucket: at.bucket === null || at.bucket === bucket ? undefined : at.bucket,
  own: of === null,
  links,
  notice,
  footer,
  home: entry === null,
})

const idsOf = (route: Route) => {
  const stamp = stampOf(route)
  return (step: Step): string => buttonId(step, stamp)
}

/** `gone`: an earlier revision was asked for that is not there; null: there is no package. */
const shownRevision = async (
  reader: PackageReader,
  { name }: PackageAt,
  seconds: number | null,
  signal: AbortSignal,
): Promise<(ShownRevision & { readonly topHash: TopHash }) | 'gone' | null> => {
  if (seconds === null) {
    const topHash = await reader.latest(name, signal)
    return topHash && { topHash, at: null }
  }
  const topHash = await reader.revisionAt(name, seconds, signal)
  return topHash ? { topHash, at: seconds } : 'gone'
}
