import type { Fault } from '../../base/fault.ts'
import { scientistWords } from '../../base/scientist-words.ts'
import { type Block, type Button, button, markdown, section } from '../blocks.ts'
import { buttonId } from '../buttons.ts'
import { text } from '../markdown.ts'
import { footerBlock } from './around.ts'

/** When a screen could not be loaded: the reason in the catalogue's words, what happens next, and buttons that work. */
export const troubleScreen = (screen: {
  readonly fault: Fault
  readonly footer: string
  /** True on a screen about a package, from which there is a way back. */
  readonly browsing?: boolean
  /** True when the canvas looks again by itself. */
  readonly again?: boolean
  /** On a canvas outside of entries: whether it shows a search. */
  readonly home?: { readonly search: boolean } | undefined
}): Block[] => {
  const { fault, browsing = false, again = false, home } = screen
  const { says, advice } = scientistWords(fault)
  const next = again ? 'The canvas looks again by itself in a moment.' : advice
  return [
    markdown('title', home ? '## Quilt packages' : '## Quilt package'),
    markdown('state', `❌ ${text(says)}`, '', `${text(next)} (code \`${fault.code}\`)`),
    section(
      'actions',
      ...(browsing
        ? [button(buttonId({ kind: 'package' }), home ? 'Back to packages' : 'Back to package')]
        : otherwise(home)),
      button(buttonId({ kind: 'show' }), 'Try again'),
    ),
    footerBlock(screen.footer),
  ]
}

const otherwise = (home: { readonly search: boolean } | undefined): Button[] => {
  if (!home) return [button('update', 'Update package')]
  return home.search ? [button(buttonId({ kind: 'clear' }), 'Show the latest packages')] : []
}
