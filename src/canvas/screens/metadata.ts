import { type Block, button, markdown } from '../blocks.ts'
import type { MetadataLine } from '../browse/metadata-lines.ts'
import type { Member, MetadataPage } from '../browse/metadata-page.ts'
import { TEXT_A_PAGE } from '../browse/text-pages.ts'
import type { PackageLinks } from '../links.ts'
import { link, text } from '../markdown.ts'
import { upBlocks } from './around.ts'
import { type BrowseFrame, browseEnd, browseHeading } from './browse-frame.ts'
import { nameOnButton, nameText } from './names.ts'
import { inRows, pageButtons } from './page-buttons.ts'

/** Characters of a key in a line. */
const KEY_LENGTH = 60

const TOO_DEEP = '> ℹ️ Some values lie too deep to be opened here. The catalog has them all.'

/** A value of the metadata: its members with their values, or a long text, page by page. */
export const metadataScreen = (frame: BrowseFrame, page: MetadataPage): Block[] => [
  ...browseHeading(frame, 'metadata'),
  markdown('where', ...whereLines(page)),
  markdown('metadata', ...valueLines(page.shown, frame.links)),
  ...(isTooDeep(page.shown) ? [markdown('deeper', TOO_DEEP)] : []),
  ...pageButtons(frame.id, page.route.page, page.pages),
  ...openButtons(frame, page),
  ...upBlocks(frame.id, page.path),
  ...browseEnd(frame, 'metadata'),
]

const whereLines = ({ path, lost, shown, pages, route }: MetadataPage): string[] => {
  const steps = ['All metadata', ...path.map((key) => nameText(key, KEY_LENGTH))].join(' / ')
  const part = pages > 1 ? ` · page ${route.page + 1} of ${pages.toLocaleString('en-US')}` : ''
  return [
    ...(lost ? ['> ℹ️ The value that was open is not in this revision.', ''] : []),
    `🏷️ ${steps}${countOf(shown)}${part}`,
  ]
}

const isTooDeep = (shown: MetadataPage['shown']): boolean =>
  shown.kind === 'members' && shown.members.some(({ cut, tag }) => cut && tag === null)

const countOf = (shown: MetadataPage['shown']): string => {
  if (shown.kind === 'members') return ` · ${values(shown.total)}`
  return shown.kind === 'text' ? ` · ${shown.length.toLocaleString('en-US')} characters` : ''
}

const values = (count: number): string =>
  count === 1 ? '1 value' : `${count.toLocaleString('en-US')} values`

const valueLines = (shown: MetadataPage['shown'], links: PackageLinks): string[] => {
  switch (shown.kind) {
    case 'empty':
      return ['*There is nothing here.*']
    case 'scalar':
      return [`*${text(String(shown.value))}*`]
    case 'text':
      return paragraphs(shown.text, links)
    case 'members':
      return shown.members.flatMap(({ lines }) => lines.map((line) => memberLine(line, links)))
  }
}

/** Lines of a text stay lines; runs of empty ones become one. */
const paragraphs = (value: string, links: PackageLinks): string[] =>
  value
    .split(/\r\n|[\n\r\u2028\u2029]/)
    .filter((line) => line.trim() !== '')
    .flatMap((line, at) => [...(at === 0 ? [] : ['']), words(line, links)])

const memberLine = ({ depth, name, value }: MetadataLine, links: PackageLinks): string => {
  const start = `${'    '.repeat(depth)}- **${nameText(name, KEY_LENGTH)}**`
  if (value === null) return `${start}:`
  switch (value.kind) {
    case 'plain':
      return `${start}: *${text(value.text)}*`
    case 'more':
      return `${start}: *${values(value.values)} …*`
    case 'text':
      // The beginning of an address is another address.
      return `${start}: ${value.cut ? `${text(value.text)}…` : words(value.text, links)}`
  }
}

/** A text, as a link where it is an address of the catalog: other addresses are not to be followed from here. */
const words = (value: string, links: PackageLinks): string =>
  links.isOurs(value) ? link(value, value) : text(value, TEXT_A_PAGE)

const openButtons = ({ id }: BrowseFrame, { shown }: MetadataPage): Block[] => {
  if (shown.kind !== 'members') return []
  const open = shown.members.flatMap(({ name, tag }: Member) =>
    tag === null ? [] : [button(id({ kind: 'into', tag }), `Open ${nameOnButton(name)}`)],
  )
  return inRows('open', open)
}
