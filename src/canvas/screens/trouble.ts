import type { Fault } from '../../base/fault.ts'
import { type Block, button, markdown, section } from '../blocks.ts'
import { text } from '../markdown.ts'

/** When a screen could not be loaded: the reason in the catalogue's words, and buttons that work. */
export const troubleScreen = (fault: Fault, footer: string): Block[] => [
  markdown('title', '## Quilt package'),
  markdown('state', `❌ ${text(fault.people)}`, '', `${text(fault.entry.hint)} (code \`${fault.code}\`)`),
  section('actions', button('update', 'Update package'), button('show', 'Try again')),
  markdown('footer', '---', text(footer)),
]
