import { byteSize } from '../../base/byte-size.ts'
import { ERRORS, type ErrorCode } from '../../base/errors.ts'
import type { EntryState, FailureSummary, Progress, RevisionSummary } from '../../packaging/entry-state.ts'
import { type Block, button, markdown, section } from '../blocks.ts'
import { buttonId } from '../buttons.ts'
import { files, minute } from '../format.ts'
import type { LinkedNow } from '../linked-packages.ts'
import type { PackageLinks } from '../links.ts'
import { link, text } from '../markdown.ts'
import { footerBlock, noticeBlocks, packageWords } from './around.ts'
import { bucketlessLines } from './bucketless.ts'
import { awaitedHandOver, handedOverLines } from './handed-over.ts'
import { linkedBlocks, warningBlocks } from './linked.ts'

/** What the record of the entry says about work: `retrying` waits for its back-off to end. */
export type WorkStatus = 'idle' | 'queued' | 'running' | 'retrying'

export type PackageScreen = {
  readonly entry: EntryState
  readonly status: WorkStatus
  readonly links: PackageLinks
  readonly notice: string | null
  /** `bucket@catalog Rev version`, or what stands for it offline. */
  readonly footer: string
  /** Packages of others that name the entry; null or absent where none are searched. */
  readonly linked?: LinkedNow | null
  /** True where no package is made of an entry, because no bucket is configured for them. */
  readonly bucketless?: boolean
}

/** The package screen: a pure function, so that the same record always draws the same canvas. */
export const packageScreen = (screen: PackageScreen): Block[] => {
  const { entry, status, links, linked = null, bucketless = false } = screen
  const waits = awaitedHandOver(entry, status)
  const retries = waits ? waits.overdue : status === 'idle' && entry.failure !== null
  return [
    markdown('title', ...title(bucketless ? { ...entry, packageName: null } : entry, links)),
    ...noticeBlocks(screen.notice),
    markdown('state', ...(bucketless ? linesWithoutBucket(screen) : stateLines(screen))),
    section(
      'actions',
      bucketless ? button('show', 'Refresh') : button('update', 'Update package', status !== 'running'),
      ...(retries ? [button('retry', 'Retry')] : []),
    ),
    ...browseButtons(screen),
    ...(linked ? [...linkedBlocks(linked, links), ...warningBlocks(linked)] : []),
    footerBlock(screen.footer),
  ]
}

/** Only where there is something to browse. */
const browseButtons = ({ entry, bucketless = false }: PackageScreen): Block[] =>
  entry.packageName === null || entry.revision === null || bucketless
    ? []
    : [
        section(
          'browse',
          button(buttonId({ kind: 'files' }), 'Browse files'),
          button(buttonId({ kind: 'metadata' }), 'Metadata'),
          button(buttonId({ kind: 'revisions' }), 'Revisions'),
        ),
      ]

const title = (entry: EntryState, links: PackageLinks): string[] => {
  if (entry.packageName === null) return [`## ${entry.displayId ? text(entry.displayId) : 'Quilt package'}`]
  return [
    `## ${text(entry.displayId ?? entry.packageName)}`,
    '',
    `* Package: ${packageWords(entry.packageName, null, undefined, links)}`,
  ]
}

const linesWithoutBucket = ({ entry: { failure }, status, linked = null }: PackageScreen): string[] =>
  failure && (status === 'idle' || status === 'retrying')
    ? failureLines(failure)
    : bucketlessLines(status, linked)

const stateLines = (screen: PackageScreen): string[] => {
  const { entry, status } = screen
  const revision = entry.revision ? revisionLine(entry, entry.revision, screen.links) : null
  const before = revision && status !== 'idle' ? ['', `Until then: ${revision}`] : []
  const waits = awaitedHandOver(entry, status)
  if (waits) return [...handedOverLines(waits), ...(revision ? ['', `Until then: ${revision}`] : [])]
  switch (status) {
    case 'running':
      return [`⏳ ${progressLine(entry.progress)}`, ...before]
    case 'retrying':
      return [...(entry.failure ? failureLines(entry.failure) : ['⏳ **Waiting** to try again.']), ...before]
    case 'queued':
      return ['⏳ **Queued**: the package is brought up to date in a moment.', ...before]
    case 'idle':
      if (entry.failure)
        return [...failureLines(entry.failure), ...(revision ? ['', `Still there: ${revision}`] : [])]
      return [
        revision
          ? `✅ **Packaged** at ${revision}`
          : 'Not packaged yet. *Update package* makes the first revision.',
      ]
  }
}

const revisionLine = (entry: EntryState, revision: RevisionSummary, links: PackageLinks): string => {
  const short = revision.topHash.slice(0, 10)
  const address = entry.packageName ? links.revision(entry.packageName, revision.topHash) : null
  const facts = `revision ${link(short, address)} · ${files(revision.files)} · ${byteSize(revision.bytes)} · ${minute(revision.publishedAt)}`
  return revision.unchangedAt ? `${facts} · unchanged at ${minute(revision.unchangedAt)}` : facts
}

const progressLine = (progress: Progress | null): string => {
  switch (progress?.phase) {
    case 'exporting':
      return `**Exporting**: Benchling has been preparing the export since ${minute(progress.since)}.`
    case 'uploading':
      return progress.filesTotal > 0
        ? `**Uploading** ${progress.filesDone} of ${files(progress.filesTotal)} · ${byteSize(progress.bytesDone)} of ${byteSize(progress.bytesTotal)}`
        : '**Uploading** the documents of the entry.'
    case 'publishing':
      return '**Publishing** the revision.'
    default:
      return '**Reading** the entry.'
  }
}

const failureLines = (failure: FailureSummary): string[] => [
  `❌ **Failed** at ${minute(failure.at)}: ${text(failure.message)}`,
  '',
  failure.retryAt === null
    ? `${text(failure.hint)} (code \`${failure.code}\`)`
    : `${needsPeople(failure) ? `${text(failure.hint)} ` : ''}It is tried again by itself at ${minute(failure.retryAt)} (code \`${failure.code}\`, attempt ${failure.attempt}).`,
]

/** Trying again alone does not help: somebody has to correct something, who should learn what. */
const needsPeople = ({ code }: FailureSummary): boolean =>
  Object.hasOwn(ERRORS, code) && ERRORS[code as ErrorCode].class === 'operator'
