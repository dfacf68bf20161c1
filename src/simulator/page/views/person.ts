import { html, nothing, type TemplateResult } from 'lit-html'
import { live } from 'lit-html/directives/live.js'
import { addressAs, entryAddress, placeAddress } from '../address.ts'
import type { PageState } from '../page-state.ts'
import { firstName, initials, nextPerson, personHere } from '../people.ts'
import type { Store } from '../store.ts'

/** Who sits in front of this tab, and a way to have somebody else sit in front of another. */
export const personSwitch = (state: PageState, store: Store): TemplateResult => {
  const here = personHere(state)
  const people = state.snapshot?.people ?? []
  const other = nextPerson(state)
  return html`
    <label class="person">
      <span class="face face-${Math.max(0, people.indexOf(here)) % 3}" aria-hidden="true">${initials(here.name)}</span>
      You are
      <select .value=${live(here.handle)} @change=${(event: Event) => store.become((event.target as HTMLSelectElement).value)}>
        ${people.map(({ handle, name }) => html`<option value=${handle} ?selected=${handle === here.handle}>${name}</option>`)}
      </select>
    </label>
    ${
      other
        ? html`<a
            class="plain"
            href=${addressAs(other.handle, whereNow(state))}
            target="notebook-${other.handle}"
            title="The same page in a new tab, as ${other.name}: put both side by side."
            >Open as ${firstName(other)} ↗</a
          >`
        : nothing
    }
  `
}

const whereNow = ({ selected, place }: PageState): string => {
  if (place !== null) return placeAddress(place)
  return selected === null ? '' : entryAddress(selected)
}
