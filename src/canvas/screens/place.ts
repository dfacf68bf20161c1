import { type Block, button, markdown, section } from '../blocks.ts'
import { text } from '../markdown.ts'

/** A canvas outside of a notebook entry (a run, a homepage): says where packages are shown, with a button that answers. */
export const placeScreen = (screen: { readonly notice: string | null; readonly footer: string }): Block[] => [
  markdown('title', '## Quilt packages'),
  ...(screen.notice ? [markdown('notice', `> ℹ️ ${text(screen.notice)}`)] : []),
  markdown(
    'state',
    'Packages belong to notebook entries. Insert this canvas into an entry to see and update its package.',
  ),
  section('actions', button('show', 'Refresh')),
  markdown('footer', '---', text(screen.footer)),
]
