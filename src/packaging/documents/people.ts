import type { EntryPerson } from '../../benchling/entry.ts'
import { portableText } from './portable.ts'

/** `Ann Lee <alee@ent_1>`; without a name the empty text (peer-service.md §2.4). */
export const personText = (person: EntryPerson | null | undefined): string =>
  person?.name ? portableText(`${person.name} <${person.handle ?? ''}@${person.id}>`) : ''

/** Authors in the order of the entry, those without a name left out. */
export const authorTexts = (authors: readonly EntryPerson[] | null | undefined): string[] =>
  (authors ?? []).map(personText).filter((text) => text !== '')
