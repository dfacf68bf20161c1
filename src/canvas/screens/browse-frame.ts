import { type Block, type Button, button, markdown, section } from '../blocks.ts'
import type { Step } from '../buttons.ts'
import { minute } from '../format.ts'
import type { PackageLinks } from '../links.ts'
import { link, text } from '../markdown.ts'
import type { BrowseRoute } from '../route.ts'

/** What every screen about one package shows around its own part. */
export type BrowseFrame = {
  readonly name: string
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
  const sync = links.sync(name, revision?.topHash ?? null, bucket)
  return [
    markdown(
      'title',
      `## ${TITLES[screen]}`,
      '',
      `* Package: ${link(name, links.package(name, bucket))}${bucket ? ` in ${text(bucket)}` : ''}${sync ? ` [${link('🔄 sync', sync)}]` : ''}`,
      ...(revision ? [revisionLine(revision, frame)] : []),
    ),
    ...(notice ? [markdown('notice', `> ℹ️ ${text(notice)}`)] : []),
  ]
}

const revisionLine = ({ topHash, at }: ShownRevision, { name, bucket, links }: BrowseFrame): string => {
  const which = at === null ? 'the current one' : `of ${minute(at * 1000)}, which may not be the current one`
  return `* Revision: ${link(topHash.slice(0, 10), links.revision(name, topHash, bucket))}, ${which}`
}

/** The ways to the other screens about this package, and back. */
export const browseEnd = (frame: BrowseFrame, screen: BrowseRoute['screen'] | null): Block[] => {
  const ways: Button[] = [
    button(frame.id({ kind: 'package' }), frame.home ? 'Back to packages' : 'Back to package'),
    ...(['files', 'metadata', 'revisions'] as const)
      .filter((kind) => kind !== screen)
      .map((kind) => button(frame.id({ kind }), TITLES[kind])),
  ]
  return [section('ways', ...ways), markdown('footer', '---', text(frame.footer))]
}
