import { html, nothing, type TemplateResult } from 'lit-html'
import type { PlaceKind } from '../../page-contract.ts'
import { ago } from '../format.ts'
import type { PageState } from '../page-state.ts'
import type { Store } from '../store.ts'
import { PLACE_NAMES } from './place.ts'

const PLACES: readonly (readonly [kind: PlaceKind, what: string])[] = [
  ['home', 'the homepage of the app'],
  ['run', 'a step of a run'],
]

export const entryList = (
  { snapshot, selected, place, unsaved, now }: PageState,
  store: Store,
): TemplateResult => html`
  <div class="heading">
    <h2 id="entries">Entries</h2>
    <button class="new" @click=${() => store.create()}>+ New entry</button>
  </div>
  <ul aria-labelledby="entries">
    ${(snapshot?.entries ?? []).map(
      (item) => html`
        <li>
          <button aria-current=${item.id === selected ? 'page' : 'false'} @click=${() => store.open(item.id)}>
            <b>${item.displayId}${unsaved.has(item.id) ? html` <small class="warn">not saved</small>` : nothing}</b>
            <span>${item.name}</span>
            <small>${ago(item.modifiedAt, now)}</small>
          </button>
        </li>
      `,
    )}
  </ul>
  <div class="heading"><h2 id="places">Elsewhere</h2></div>
  <ul aria-labelledby="places">
    ${PLACES.map(
      ([kind, what]) => html`
        <li>
          <button aria-current=${kind === place ? 'page' : 'false'} @click=${() => store.openPlace(kind)}>
            <b>${PLACE_NAMES[kind]}</b><span>${what}</span>
          </button>
        </li>
      `,
    )}
  </ul>
`
