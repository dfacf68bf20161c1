import { scientistWords } from '../../base/scientist-words.ts'
import { type Block, button, markdown } from '../blocks.ts'
import { buttonId } from '../buttons.ts'
import type { LinkedNow } from '../linked-packages.ts'
import type { PackageLinks } from '../links.ts'
import { text } from '../markdown.ts'
import { packageTag } from '../route.ts'
import { packageWords } from './around.ts'
import { nameOnButton } from './names.ts'
import { inRows } from './page-buttons.ts'

/** Packages that a canvas lists; what is more is counted. */
export const LINKED_SHOWN = 20

/** The packages that name the entry; nothing where none is known and none is sought. */
export const linkedBlocks = (linked: LinkedNow, links: PackageLinks): Block[] => {
  const lines = linked.searching
    ? ['Searching for linked packages…']
    : [...linked.packages.slice(0, LINKED_SHOWN).map((one) => line(one, links)), ...moreLines(linked)]
  if (lines.length === 0) return []
  return [markdown('linked', '### Linked packages', '', ...lines), ...browseButtons(linked)]
}

const browseButtons = ({ packages }: LinkedNow): Block[] => {
  const buttons = packages
    .slice(0, LINKED_SHOWN)
    .map((one) =>
      button(buttonId({ kind: 'open', tag: packageTag(one) }), `Browse ${nameOnButton(one.name)}`),
    )
  return inRows('linked', buttons)
}

/** What people should know about what they see, at the bottom. Only words of ours: none of AWS. */
export const warningBlocks = ({ warning, packages }: LinkedNow): Block[] => {
  if (warning === null) return []
  const what =
    packages.length > 0
      ? 'Linked packages may be missing or out of date.'
      : 'Linked packages could not be searched.'
  const { says, advice } = scientistWords(warning)
  const next = warning.entry.class === 'again' ? 'It is tried again by itself.' : advice
  return [
    markdown(
      'warnings',
      '### ⚠️ Warnings',
      '',
      `> ${what} ${text(says)} ${text(next)} (code \`${warning.code}\`)`,
    ),
  ]
}

const line = ({ bucket, name }: LinkedNow['packages'][number], links: PackageLinks): string =>
  `* ${packageWords(name, null, bucket ?? undefined, links)}`

const moreLines = ({ packages, complete }: LinkedNow): string[] => {
  const more = packages.length - LINKED_SHOWN
  if (more > 0) return [`* and ${complete ? '' : 'at least '}${more.toLocaleString('en-US')} more`]
  return complete || packages.length === 0 ? [] : ['* and perhaps more']
}
