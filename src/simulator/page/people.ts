import type { PersonView } from '../page-contract.ts'
import type { PageState } from './page-state.ts'

const NOBODY: PersonView = { id: '', handle: '', name: '' }

/** Whoever sits in front of this tab: the person the address names, else the first. */
export const personHere = ({ snapshot, as }: Pick<PageState, 'snapshot' | 'as'>): PersonView => {
  const people = snapshot?.people ?? []
  return people.find(({ handle }) => handle === as) ?? people[0] ?? NOBODY
}

/** Who else could sit in front of another tab: the next one in the list. */
export const nextPerson = (state: Pick<PageState, 'snapshot' | 'as'>): PersonView | null => {
  const people = state.snapshot?.people ?? []
  const here = people.indexOf(personHere(state))
  return people.length < 2 ? null : (people[(here + 1) % people.length] ?? null)
}

export const firstName = ({ name }: PersonView): string => name.split(' ')[0] ?? name

export const initials = (name: string): string =>
  name
    .split(' ')
    .map((part) => [...part][0] ?? '')
    .join('')

/** Tabs of different people are told apart: "Tom · EXP25000088". */
export const tabTitle = (state: PageState): string =>
  [firstName(personHere(state)), state.entry?.displayId ?? 'Notebook']
    .filter((part) => part !== '')
    .join(' · ')
