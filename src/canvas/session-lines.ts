import { byteSize } from '../base/byte-size.ts'
import type { FailureSummary, HandOver, Progress, RevisionSummary } from '../packaging/entry-state.ts'
import { files, minute } from './format.ts'
import { plain } from './markdown.ts'
import type { SessionLine } from './session-state.ts'

/** How a session ends. `key` tells outcomes apart: another one makes the banner of this one old. */
export type Outcome = {
  readonly key: string
  readonly status: 'SUCCEEDED' | 'FAILED' | 'COMPLETED_WITH_WARNINGS'
  readonly lines: readonly SessionLine[]
}

/** Of Benchling's 200 characters, what a failure's own words may take. */
const WORDS_LENGTH = 150

export const sessionTitle = (displayId: string | null): string =>
  displayId === null ? 'Packaging this entry' : `Packaging ${plain(displayId, 60)}`

export const phaseLine = (run: string, progress: Progress): SessionLine =>
  line(`${run}:${progress.phase}`, 'INFO', progress.since, doing(progress))

const doing = ({ phase, filesTotal, bytesTotal }: Progress): string => {
  switch (phase) {
    case 'reading':
      return 'Reading the entry.'
    case 'exporting':
      return 'Benchling prepares the export.'
    case 'uploading':
      return filesTotal > 0
        ? `Uploading ${files(filesTotal)}, ${byteSize(bytesTotal)}.`
        : 'Uploading the documents of the entry.'
    case 'publishing':
      return 'Publishing the revision.'
  }
}

/** That it is tried again by itself: the same reason is told once, however often it comes back. */
export const retryLine = (run: string, { code, at, message }: FailureSummary): SessionLine =>
  line(`${run}:${code}`, 'WARNING', at, `${words(message)} It is tried again.`)

export const waitingLine = ({ messageId, at }: HandOver): SessionLine =>
  line(messageId, 'INFO', at, 'Handed to Quilt, which makes the revision.')

/** `since`: when the session began; a revision that was found unchanged after it is nothing new. */
export const packaged = (revision: RevisionSummary, since: number): Outcome => {
  const { topHash, publishedAt, unchangedAt } = revision
  const facts = `${files(revision.files)}, ${byteSize(revision.bytes)}`
  const short = topHash.slice(0, 10)
  const key = `packaged:${topHash}`
  const said =
    unchangedAt !== null && unchangedAt >= since
      ? line(
          key,
          'SUCCESS',
          unchangedAt,
          `Nothing new: the package stays at revision ${short} of ${minute(publishedAt)}, ${facts}.`,
        )
      : line(key, 'SUCCESS', publishedAt, `Packaged as revision ${short}: ${facts}.`)
  return { key, status: 'SUCCEEDED', lines: [said] }
}

export const failed = ({ run, code, at, message, hint }: FailureSummary): Outcome => {
  const key = `failed:${run}`
  return {
    key,
    status: 'FAILED',
    lines: [
      line(key, 'ERROR', at, `${words(message)} (${code})`),
      { key: `${key}:hint`, style: 'INFO', content: literal(hint) },
    ],
  }
}

export const overdue = ({ messageId, at }: HandOver): Outcome => {
  const key = `overdue:${messageId}`
  const content = `Quilt has not made the revision it was asked for at ${minute(at)}. The canvas says what to do, and shows the revision if it comes after all.`
  return { key, status: 'COMPLETED_WITH_WARNINGS', lines: [{ key, style: 'WARNING', content }] }
}

/** Where no packages are made, or nothing is known of one. */
export const READ: Outcome = {
  key: 'read',
  status: 'SUCCEEDED',
  lines: [{ key: 'read', style: 'SUCCESS', content: 'The entry was read.' }],
}

export const REMOVED: Outcome = {
  key: 'removed',
  status: 'COMPLETED_WITH_WARNINGS',
  lines: [
    {
      key: 'removed',
      style: 'WARNING',
      content: 'The canvas was removed. The package is made all the same.',
    },
  ],
}

const line = (key: string, style: SessionLine['style'], at: number, says: string): SessionLine => ({
  key,
  style,
  content: `${minute(at).slice(11)} ${says}`,
})

const words = (message: string): string => literal(message, WORDS_LENGTH)

/**
 * People's text as Benchling shows it in a session: no Markdown there, but `{id:…}` would become a chip, so braces are
 * escaped. A backslash of theirs would undo that.
 */
const literal = (value: string, max?: number): string =>
  plain(value, max).replaceAll('\\', '/').replace(/[{}]/g, '\\$&')
