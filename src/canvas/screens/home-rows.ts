import { byteSize } from '../../base/byte-size.ts'
import { type Block, button } from '../blocks.ts'
import type { HomeRow } from '../browse/home-page.ts'
import type { Step } from '../buttons.ts'
import { files, minute } from '../format.ts'
import type { PackageLinks } from '../links.ts'
import { link, middle, plain, text } from '../markdown.ts'
import { packageTag } from '../route.ts'
import { awaitedHandOver } from './handed-over.ts'
import { BUTTON_NAME_LENGTH } from './names.ts'
import { inRows } from './page-buttons.ts'

/** Each package with its revision, and below it what is under way or failed. */
export const homeLines = (rows: readonly HomeRow[], links: PackageLinks): string[] =>
  rows.flatMap((row) => [
    `* ${[`**${text(row.displayId)}**`, ...packageFacts(row, links)].join(' · ')}`,
    ...workLines(row).map((line) => `  * ${line}`),
  ])

/** One for each package that there is. `bucket`: where they lie; null for a folder. */
export const homeBrowseButtons = (
  rows: readonly HomeRow[],
  bucket: string | null,
  id: (step: Step) => string,
): Block[] => {
  const buttons = rows
    .filter(({ topHash }) => topHash !== null)
    .map(({ displayId, packageName: name }) =>
      button(
        id({ kind: 'open', tag: packageTag({ bucket, name }) }),
        `Browse ${middle(plain(displayId), BUTTON_NAME_LENGTH)}`,
      ),
    )
  return inRows('browse', buttons)
}

const packageFacts = ({ packageName, topHash, state }: HomeRow, links: PackageLinks): string[] => {
  const name = link(packageName, topHash === null ? null : links.package(packageName))
  if (topHash === null) return [name]
  const revision = `revision ${link(topHash.slice(0, 10), links.revision(packageName, topHash))}`
  const { revision: known } = state
  return known
    ? [name, revision, files(known.files), byteSize(known.bytes), minute(known.publishedAt)]
    : [name, revision]
}

/** Not how far a run is: that would draw every homepage once a second. */
const workLines = ({ entryId, state, status, topHash }: HomeRow): string[] => {
  const waits = awaitedHandOver(state, status)
  if (waits)
    return [
      waits.overdue
        ? `⚠️ Quilt has not made the revision it was asked for at ${minute(waits.at)}. Whoever runs the Quilt stack should look.`
        : `⏳ Handed to Quilt, waiting since ${minute(waits.at)}`,
    ]
  if (status === 'running') return ['⏳ Being packaged']
  if (status === 'queued') return ['⏳ Queued']
  const { failure } = state
  if (failure) {
    const again = failure.retryAt === null ? '' : ` It is tried again at ${minute(failure.retryAt)}.`
    return [`❌ Failed at ${minute(failure.at)}: ${text(failure.message)}${again} (code \`${failure.code}\`)`]
  }
  if (status === 'retrying') return ['⏳ Waiting to try again']
  return topHash === null && entryId !== null ? ['Not packaged yet'] : []
}
