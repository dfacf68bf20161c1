import { byteSize } from '../../base/byte-size.ts'
import { type Block, button, markdown, section } from '../blocks.ts'
import type { FilesPage } from '../browse/files-page.ts'
import { text } from '../markdown.ts'
import { type BrowseFrame, browseEnd, browseHeading } from './browse-frame.ts'

export const filesScreen = (frame: BrowseFrame, page: FilesPage): Block[] => [
  ...browseHeading(frame, 'files'),
  markdown(
    'files',
    ...page.files.map(({ logicalKey, size }) => `* **${text(logicalKey)}** (${byteSize(size)})`),
  ),
  section(
    'pages',
    button(frame.id({ kind: 'previous' }), '‹ Previous'),
    button(frame.id({ kind: 'next' }), 'Next ›'),
  ),
  ...browseEnd(frame, 'files'),
]
