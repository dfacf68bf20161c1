import { type Block, type Button, button, markdown, section } from '../blocks.ts'
import type { Step } from '../buttons.ts'
import { minute } from '../format.ts'
import type { PackageLinks } from '../links.ts'
import { link, text } from '../markdown.ts'
import type { BrowseRoute } from '../route.ts'
import { footerBlock, noticeBlocks, packageWords } from './around.ts'

/** What every screen about one package shows around its own part. */
export type BrowseFrame = {
  readonly name: string
  /** Of the entry the canvas sits in; absent outside of entries and where it is not known. */
  readonly displayId?: string | null
  /** Where it lies, for links; undefined for the service's own registry. */
  readonly bucket: string | undefined
  /** True for the package that is made of the entry the canvas sits in. */
  readonly own: boolean
  /** The revision that is shown; null where the screen is about all of them. */
  readonly revision: ShownRevision | null
  readonly links: PackageLinks
  readonly notice: string | null
  readonly footer: string
  /** True on a canvas outside of entries, where the way back leads to Home. */
  readonly home?: boolean
  /** The id of a button on this screen. */
  readonly id: (step: Step) => string
}

/** `at`: seconds of its pointer where an earlier one was asked for; null for the current one. */
export type ShownRevision = { readonly topHash: string; readonly at: number | null }

const TITLES: Readonly<Record<BrowseRoute['screen'], string>> = {
  files: 'Files',
  metadata: 'Metadata',
  revisions: 'Revisions',
}

/** Title, package, revision, and the notice where there is one. */
export const browseHeading = (frame: BrowseFrame, screen: BrowseRoute['screen']): Block[] => {
  const { name, bucket, revision, links, notice } = frame
  return [
    markdown(
      'title',
      `## ${TITLES[screen]}${whose(frame)}`,
      '',
      `* Package: ${packageWords(name, revision?.topHash ?? null, bucket, links)}`,
      ...(revision ? [revisionLine(revision, frame)] : []),
    ),
    ...noticeBlocks(notice),
  ]
}

/** Two canvases may stand side by side, and a linked package is easily taken for the entry's own. */
const whose = ({ own, home, displayId }: BrowseFrame): string => {
  if (home) return ''
  if (!own) return ' of a linked package'
  return displayId ? ` of ${text(displayId)}` : ''
}

const revisionLine = ({ topHash, at }: ShownRevision, { name, bucket, links }: BrowseFrame): string => {
  const which =
    at === null
      ? 'the current one'
      : `published at ${minute(at * 1000)}. There may be a newer one: see *Revisions*.`
  return `* Revision: ${link(topHash.slice(0, 10), links.revision(name, topHash, bucket))}, ${which}`
}

const wayBack = ({ home, own }: BrowseFrame): string => {
  if (home) return 'Back to packages'
  return own ? 'Back to package' : 'Back to the entry’s package'
}

/** The ways to the other screens about this package, and back. */
export const browseEnd = (frame: BrowseFrame, screen: BrowseRoute['screen']): Block[] => {
  const ways: Button[] = [
    button(frame.id({ kind: 'package' }), wayBack(frame)),
    ...(['files', 'metadata', 'revisions'] as const)
      .filter((kind) => kind !== screen)
      .map((kind) => button(frame.id({ kind }), TITLES[kind])),
  ]
  return [section('ways', ...ways), footerBlock(frame.footer)]
}
