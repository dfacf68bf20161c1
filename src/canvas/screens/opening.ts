import { type Block, button, markdown, section } from '../blocks.ts'
import { buttonId } from '../buttons.ts'
import { footerBlock } from './around.ts'

/** What a canvas outside of entries is created with; a moment later its own run draws it. */
export const openingScreen = (footer: string): Block[] => [
  markdown('title', '## Quilt packages'),
  markdown('state', '⏳ The latest packages are shown here in a moment.'),
  section('actions', button(buttonId({ kind: 'show' }), 'Refresh')),
  footerBlock(footer),
]
