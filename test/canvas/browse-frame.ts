import type { Block } from '../../src/canvas/blocks.ts'
import { buttonId } from '../../src/canvas/buttons.ts'
import type { BrowseFrame } from '../../src/canvas/screens/browse-frame.ts'
import { packageLinks } from '../../src/service/package-links.ts'

/** What stands around a screen about one package, unless told otherwise the entry's own. */
export const frame = (more: Partial<BrowseFrame> = {}): BrowseFrame => ({
  name: 'benchling/EXP1',
  bucket: undefined,
  own: true,
  revision: { topHash: 'a'.repeat(64), at: null },
  links: packageLinks('catalog.test', 'lab'),
  notice: null,
  footer: 'lab@catalog.test Rev 1',
  id: (step) => buttonId(step, '0a1b2c'),
  ...more,
})

/** The ids of all blocks, those inside sections among them. */
export const idsIn = (blocks: readonly Block[]): string[] =>
  blocks.flatMap((block) => [
    block.id,
    ...(block.type === 'SECTION' ? block.children.map(({ id }) => id) : []),
  ])

/** The Markdown of a screen. */
export const textIn = (blocks: readonly Block[]): string =>
  blocks.flatMap((block) => (block.type === 'MARKDOWN' ? [block.value] : [])).join('\n')
