import { type Block, markdown } from '../blocks.ts'
import type { MetadataPage } from '../browse/metadata-page.ts'
import { text } from '../markdown.ts'
import { type BrowseFrame, browseEnd, browseHeading } from './browse-frame.ts'

export const metadataScreen = (frame: BrowseFrame, page: MetadataPage): Block[] => [
  ...browseHeading(frame, 'metadata'),
  markdown('metadata', text(JSON.stringify(page.value))),
  ...browseEnd(frame, 'metadata'),
]
