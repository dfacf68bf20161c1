import { html, type TemplateResult } from 'lit-html'
import { ago } from '../format.ts'
import type { PageState, Store } from '../store.ts'

export const entryList = ({ snapshot, entry }: PageState, store: Store): TemplateResult => html`
  <h2>Entries</h2>
  <ul>
    ${(snapshot?.entries ?? []).map(
      (item) => html`
        <li>
          <button aria-current=${item.id === entry?.id ? 'page' : 'false'} @click=${() => store.select(item.id)}>
            <b>${item.displayId}</b>
            <span>${item.name} · ${ago(item.modifiedAt, snapshot?.tenant.now ?? 0)}</span>
          </button>
        </li>
      `,
    )}
  </ul>
  <button class="new" @click=${() => store.create()}>+ New entry</button>
`
