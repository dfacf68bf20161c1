import { byteSize } from '../../base/byte-size.ts'
import { type Block, button, markdown, section } from '../blocks.ts'
import type { FilesPage } from '../browse/files-page.ts'
import { files, folders } from '../format.ts'
import { link } from '../markdown.ts'
import { upBlocks } from './around.ts'
import { type BrowseFrame, browseEnd, browseHeading } from './browse-frame.ts'
import { BUTTON_NAME_LENGTH, nameOnButton, nameText } from './names.ts'
import { inRows, pageButtons } from './page-buttons.ts'

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
    page.folders.map(({ name, tag, files: count, bytes }) =>
      button(
        frame.id({ kind: 'into', tag }),
        `📁 ${nameOnButton(name)} (${files(count)}, ${byteSize(bytes)})`,
      ),
    ),
  ),
  ...(page.files.length > 0
    ? [markdown('files', ...page.files.map((file) => `* ${fileLine(file, frame)}`))]
    : []),
  markdown('count', countLine(page)),
  ...pageButtons(frame.id, page.route.page, page.pages),
  ...upBlocks(frame.id, page.path),
]

const folderLines = ({ path, lost }: FilesPage): string[] => [
  ...(lost ? ['> ℹ️ The folder that was open is not in this revision.', ''] : []),
  `📂 ${['All files', ...path.map((name) => nameText(name, BUTTON_NAME_LENGTH))].join(' / ')}`,
]

const fileLine = (
  { name, logicalKey, size }: FilesPage['files'][number],
  { name: packageName, bucket, revision, links }: BrowseFrame,
): string => {
  const topHash = revision?.topHash ?? ''
  const view = links.file(packageName, topHash, logicalKey, bucket)
  const sync = links.sync(packageName, topHash, bucket, logicalKey)
  return [
    `**${nameText(name, FILE_NAME_LENGTH)}** · ${byteSize(size)}`,
    ...(view ? [link('👁 view', view)] : []),
    ...(sync ? [link('🔄 sync', sync)] : []),
  ].join(' · ')
}

/** Which rows of how many, where there are several pages; then what lies below, where that is more than what is shown. */
const countLine = (page: FilesPage): string => {
  const { first, rows, foldersHere, path, filesBelow, bytesBelow, pages } = page
  const last = first + page.folders.length + page.files.length - 1
  const [a, b, all] = [first, last, rows].map((count) => count.toLocaleString('en-US'))
  const kinds = [
    ...(foldersHere > 0 ? [folders(foldersHere)] : []),
    ...(rows > foldersHere ? [files(rows - foldersHere)] : []),
  ].join(', ')
  const range = `**${a}–${b} of ${all}**`
  const listed = pages > 1 ? [foldersHere > 0 ? `${range} (${kinds})` : range] : []
  const beside = pages === 1 && foldersHere > 0 ? [`**${kinds}** here`] : []
  const where = path.length > 0 ? 'this folder' : 'the package'
  return [...listed, ...beside, `${files(filesBelow)} in ${where}, ${byteSize(bytesBelow)}`].join(' · ')
}
