import { html, nothing, type TemplateResult } from 'lit-html'
import { ago } from '../format.ts'
import type { PageState } from '../page-state.ts'
import type { Store } from '../store.ts'

export const entryList = (
  { snapshot, selected, unsaved, now }: PageState,
  store: Store,
): TemplateResult => html`
  <div class="heading">
    <h2>Entries</h2>
    <button class="new" @click=${() => store.create()}>+ New entry</button>
  </div>
  <ul>
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
`
