import { type Block, markdown } from '../blocks.ts'
import type { RevisionsPage } from '../browse/revisions-page.ts'
import { minute } from '../format.ts'
import { type BrowseFrame, browseEnd, browseHeading } from './browse-frame.ts'

export const revisionsScreen = (frame: BrowseFrame, page: RevisionsPage): Block[] => [
  ...browseHeading(frame, 'revisions'),
  markdown(
    'revisions',
    ...page.revisions.map(({ at, topHash }) => `* ${minute(at * 1000)} ${topHash.slice(0, 10)}`),
  ),
  ...browseEnd(frame, 'revisions'),
]
