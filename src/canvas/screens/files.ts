import { byteSize } from '../../base/byte-size.ts'
import { type Block, button, markdown, section } from '../blocks.ts'
import type { FilesPage } from '../browse/files-page.ts'
import { files } from '../format.ts'
import { link, middle, plain, text } from '../markdown.ts'
import { type BrowseFrame, browseEnd, browseHeading } from './browse-frame.ts'
import { BUTTON_NAME_LENGTH, inRows, pageButtons } from './page-buttons.ts'

/** Characters of a file’s name in a line. */
const FILE_NAME_LENGTH = 100

/** Folders to open and files with their links, a page of them. */
export const filesScreen = (frame: BrowseFrame, page: FilesPage): Block[] => [
  ...browseHeading(frame, 'files'),
  ...(page.filesBelow === 0 ? emptyPackage(frame) : folder(frame, page)),
  ...browseEnd(frame, 'files'),
]

const emptyPackage = ({ own }: BrowseFrame): Block[] => [
  markdown(
    'state',
    '**This package is empty**: the revision holds no files.',
    ...(own ? ['', '*Update package* makes a new revision of the entry as it is now.'] : []),
  ),
  ...(own ? [section('actions', button('update', 'Update package'))] : []),
]

const folder = (frame: BrowseFrame, page: FilesPage): Block[] => [
  markdown('folder', ...folderLines(page)),
  ...inRows(
    'folders',
    page.folders.map(({ name, tag, files: count }) =>
      button(
        frame.id({ kind: 'into', tag }),
        `📁 ${plain(middle(name, BUTTON_NAME_LENGTH)) || '(no name)'} (${files(count)})`,
      ),
    ),
  ),
  ...(page.files.length > 0
    ? [markdown('files', ...page.files.map((file) => `* ${fileLine(file, frame)}`))]
    : []),
  markdown('count', countLine(page)),
  ...pageButtons(frame.id, page.route.page, page.pages),
  ...(page.path.length > 0 ? [section('up', button(frame.id({ kind: 'up' }), '⬆ Up'))] : []),
]

const folderLines = ({ path, lost }: FilesPage): string[] => [
  ...(lost ? ['> ℹ️ The folder that was open is not in this revision.', ''] : []),
  `📂 ${['All files', ...path.map((name) => text(middle(name, BUTTON_NAME_LENGTH)))].join(' / ')}`,
]

const fileLine = (
  { name, logicalKey, size }: FilesPage['files'][number],
  { name: packageName, bucket, revision, links }: BrowseFrame,
): string => {
  const topHash = revision?.topHash ?? ''
  const view = links.file(packageName, topHash, logicalKey, bucket)
  const sync = links.sync(packageName, topHash, bucket, logicalKey)
  return [
    `**${text(middle(name, FILE_NAME_LENGTH))}** · ${byteSize(size)}`,
    ...(view ? [link('👁 view', view)] : []),
    ...(sync ? [link('🔄 sync', sync)] : []),
  ].join(' · ')
}

const countLine = ({
  first,
  rows,
  folders,
  files: shown,
  path,
  filesBelow,
  bytesBelow,
}: FilesPage): string => {
  const last = first + folders.length + shown.length - 1
  const where = path.length > 0 ? 'this folder' : 'the package'
  return `**${first.toLocaleString('en-US')}–${last.toLocaleString('en-US')} of ${rows.toLocaleString('en-US')}** · ${files(filesBelow)} in ${where}, ${byteSize(bytesBelow)}`
}
