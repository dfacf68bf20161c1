import { scientistWords } from '../../base/scientist-words.ts'
import { type Block, button, markdown, section, type TextInput } from '../blocks.ts'
import { type HomePage, PACKAGES_A_PAGE } from '../browse/home-page.ts'
import { buttonId, type Step } from '../buttons.ts'
import { minute } from '../format.ts'
import type { ServiceState } from '../home.ts'
import type { PackageLinks } from '../links.ts'
import { text } from '../markdown.ts'
import { stampOf } from '../route.ts'
import { footerBlock, noticeBlocks } from './around.ts'
import { homeBrowseButtons, homeLines } from './home-rows.ts'
import { linkedBlocks, warningBlocks } from './linked.ts'
import { pageButtons } from './page-buttons.ts'

/** Id of the line that a display id is typed into. */
export const SEARCH_INPUT = 'search-text'

export type HomeScreen = {
  readonly page: HomePage
  /** What stands in the search line. */
  readonly typed: string | null
  readonly service: ServiceState
  /** When this is, ms: the state of the service is of this moment. */
  readonly at: number
  readonly links: PackageLinks
  /** Where the packages lie; null for a folder. */
  readonly bucket: string | null
  readonly notice: string | null
  readonly footer: string
  /** True where no packages are made, because no bucket is configured for them. */
  readonly bucketless: boolean
}

/** Outside of entries: the latest packages of this app, or those that a search found. */
export const homeScreen = (screen: HomeScreen): Block[] => {
  const { page, links, notice, footer } = screen
  const stamp = stampOf(page.route)
  const id = (step: Step): string => buttonId(step, stamp)
  return [
    markdown('title', '## Quilt packages'),
    ...noticeBlocks(notice),
    markdown('service', `${serviceWords(screen.service)} *As of ${minute(screen.at)}.*`),
    section(
      'search',
      searchInput(screen.typed),
      button(id({ kind: 'search' }), 'Search'),
      ...(page.route.search === null ? [] : [button(id({ kind: 'clear' }), 'Clear')]),
    ),
    markdown('packages', heading(page), '', ...listLines(screen)),
    ...homeBrowseButtons(page.rows, screen.bucket, id),
    ...pageButtons(id, page.route.page, page.pages),
    ...(page.linked ? [...linkedBlocks(page.linked, links), ...warningBlocks(page.linked)] : []),
    section('actions', button(id({ kind: 'show' }), 'Refresh')),
    footerBlock(footer),
  ]
}

const searchInput = (value: string | null): TextInput => ({
  type: 'TEXT_INPUT',
  id: SEARCH_INPUT,
  value,
  label: 'Display id of an entry, or a part of it',
  placeholder: 'EXP25000088',
})

const serviceWords = (state: ServiceState): string => {
  switch (state) {
    case null:
      return '✅ The service works.'
    case 'starting':
      return '⏳ The service is starting.'
    case 'stopping':
      return '⏳ The service is being stopped. What is asked for now is done when it is there again.'
    default: {
      const { says, advice } = scientistWords(state)
      return `⚠️ ${text(says)} ${text(advice)}`
    }
  }
}

const heading = ({ route: { search, page }, pages, rows, total }: HomePage): string => {
  const before = page * PACKAGES_A_PAGE
  const which = pages > 1 ? `, ${before + 1}–${before + rows.length} of ${total}` : ''
  return search === null ? `### Latest packages${which}` : `### Packages for “${text(search)}”${which}`
}

const listLines = ({ page, links, bucketless }: HomeScreen): string[] => {
  if (page.rows.length > 0) return homeLines(page.rows, links)
  if (page.route.search !== null)
    return [
      'No package has that display id, and none of the latest has it in its own. Older packages are found by the whole display id of their entry.',
    ]
  return [
    bucketless
      ? 'No package bucket is configured, so no packages are made. Packages that reference an entry can be found by its display id.'
      : 'No package was made yet. Insert the canvas of this app into a notebook entry to make the first one.',
  ]
}
