import { byteSize } from '../../base/byte-size.ts'
import { type Block, button, markdown, section } from '../blocks.ts'
import type { RevisionFacts, Unreadable } from '../browse/compare-revisions.ts'
import type { RevisionChanges, SomeFiles } from '../browse/revision-changes.ts'
import { REVISIONS_A_PAGE, type RevisionRow, type RevisionsPage } from '../browse/revisions-page.ts'
import { files, minute } from '../format.ts'
import { link, text } from '../markdown.ts'
import { type BrowseFrame, browseEnd, browseHeading } from './browse-frame.ts'
import { pageButtons } from './page-buttons.ts'

/** The revisions of a package, newest first, each with what it changed and a way to its files. */
export const revisionsScreen = (frame: BrowseFrame, page: RevisionsPage): Block[] => [
  ...browseHeading(frame, 'revisions'),
  markdown('revisions', countLine(page), ...currentLines(frame, page)),
  ...page.revisions.flatMap((row, at) => rowBlocks(frame, row, at)),
  ...pageButtons(frame.id, page.route.page, page.pages),
  ...browseEnd(frame, 'revisions'),
]

const countLine = ({ route, total, revisions }: RevisionsPage): string => {
  if (total === 1) return '1 revision'
  const first = route.page * REVISIONS_A_PAGE + 1
  const which = revisions.length === total ? '' : `${first} to ${first + revisions.length - 1} of `
  return `${which}${total.toLocaleString('en-US')} revisions, newest first`
}

/** Which is current is said in its line; where that is on another page, or cannot be told, here. */
const currentLines = (frame: BrowseFrame, { latest, revisions }: RevisionsPage): string[] => {
  if (latest === null) return ['', 'Which revision is the current one cannot be told.']
  if (revisions.some(({ current }) => current)) return []
  return ['', `The current one, ${hashLink(frame, latest)}, is not on this page.`]
}

const rowBlocks = (frame: BrowseFrame, row: RevisionRow, at: number): Block[] => {
  const { topHash, facts, current } = row
  const when = minute(row.at * 1000)
  const lines = [
    `**${when}**${current ? ', **current**' : ''}`,
    '',
    ...(topHash === null ? [] : [`* Revision: ${hashLink(frame, topHash)}`]),
    ...(typeof facts === 'string' ? [`* ⚠️ ${UNREADABLE[facts]}`] : factLines(row, facts)),
  ]
  const browse =
    typeof facts === 'string'
      ? []
      : [section(`browse-${at}`, button(frame.id({ kind: 'at', seconds: row.at }), browseLabel(row)))]
  return [markdown(`revision-${at}`, ...lines), ...browse]
}

/** Several revisions may be of one minute; the hash tells them apart. */
const browseLabel = ({ at, topHash }: RevisionRow): string =>
  `Browse ${topHash?.slice(0, 10) ?? minute(at * 1000)}`

const UNREADABLE: Readonly<Record<Unreadable, string>> = {
  gone: 'This revision cannot be shown: its list of files is not in the registry any more.',
  damaged: 'This revision cannot be shown: its list of files is damaged.',
  'too-large': 'This revision has more files than can be shown here. Open it in the catalog.',
}

const factLines = ({ before }: RevisionRow, { message, files: count, bytes, changes }: RevisionFacts) => [
  `* Message: ${message === null ? 'none' : text(message)}`,
  `* ${files(count)}, ${byteSize(bytes)}`,
  ...(typeof changes === 'string' ? [`* ${WORDS[changes](before)}`] : changeLines(changes)),
]

const WORDS: Readonly<Record<Exclude<RevisionFacts['changes'], object>, (before: number | null) => string>> =
  {
    first: () => 'First revision',
    same: (before) => `The same as the revision of ${minute((before ?? 0) * 1000)}`,
    unknown: () => 'What changed cannot be told: the revision before this one cannot be read',
  }

const changeLines = ({ added, changed, removed, metadata, workflow }: RevisionChanges): string[] => {
  const lines = [
    ...filesLine('Added', added),
    ...filesLine('Changed', changed),
    ...filesLine('Removed', removed),
    ...(metadata ? ['* Metadata changed'] : []),
    ...(workflow ? ['* Workflow changed'] : []),
  ]
  return lines.length > 0 ? lines : ['* No file, metadata or workflow changed']
}

const filesLine = (what: string, { count, first }: SomeFiles): string[] => {
  if (count === 0) return []
  const more = count - first.length
  const names = first.map((name) => text(name)).join(', ')
  return [`* ${what} ${files(count)}: ${names}${more > 0 ? ` and ${more.toLocaleString('en-US')} more` : ''}`]
}

const hashLink = ({ links, name, bucket }: BrowseFrame, topHash: string): string =>
  link(topHash.slice(0, 10), links.revision(name, topHash, bucket))
