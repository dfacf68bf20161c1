import { type Block, button, markdown, section } from '../blocks.ts'
import { buttonId } from '../buttons.ts'
import { footerBlock, noticeBlocks } from './around.ts'

/** Why there is no package to browse. */
export type Absence =
  | 'not-created'
  | 'under-way'
  | 'handed-over'
  | 'no-bucket'
  | 'not-linked'
  /** The same outside of entries. */
  | 'not-listed'
  | 'searching'
  | 'gone'

const WORDS: Readonly<Record<Absence, readonly [title: string, says: string]>> = {
  'not-created': [
    'Package not created',
    'There is no package yet. *Update package* makes its first revision.',
  ],
  'under-way': [
    'Package not created yet',
    'The first revision is being made. This screen shows it as soon as it is there.',
  ],
  'handed-over': [
    'Package not created yet',
    'The first revision was handed to Quilt, which has not made it yet. This screen shows it as soon as it is there.',
  ],
  'no-bucket': [
    'No package of this entry',
    'No package bucket is configured, so no package is made of this entry. Packages that reference it can be opened from the package screen.',
  ],
  'not-linked': [
    'Not linked to this entry',
    'That package does not reference this entry, or not any more, or may not be shown here.',
  ],
  'not-listed': [
    'Not listed',
    'That package is not among those that are listed or found here, or not any more. *Back to packages* lists them; older ones are found by the display id of their entry.',
  ],
  searching: [
    'Looking for the package',
    'The packages that can be shown here are being searched. This takes a moment.',
  ],
  gone: [
    'Revision not found',
    'That revision of the package is not in the registry any more. *Revisions* lists those that are.',
  ],
}

/** Instead of a package that cannot be browsed: why, what to do, and buttons that work. */
export const absentScreen = (screen: {
  readonly why: Absence
  readonly notice: string | null
  readonly footer: string
  /** Id of the way to the list of revisions; null where there is none. */
  readonly revisions?: string | null
  /** True outside of entries. */
  readonly home?: boolean
}): Block[] => {
  const [title, says] = WORDS[screen.why]
  return [
    markdown('title', `## ${title}`),
    ...noticeBlocks(screen.notice),
    markdown('state', says),
    section(
      'actions',
      ...(screen.why === 'not-created' ? [button('update', 'Update package')] : []),
      ...(screen.revisions ? [button(screen.revisions, 'Revisions')] : []),
      button(buttonId({ kind: 'show' }), 'Refresh'),
      button(buttonId({ kind: 'package' }), screen.home ? 'Back to packages' : 'Back to package'),
    ),
    footerBlock(screen.footer),
  ]
}
