import { html, nothing, type TemplateResult } from 'lit-html'
import type { PageState, Store } from '../store.ts'

export const faults = ({ snapshot }: PageState, store: Store): TemplateResult => html`
  <h2>Faults</h2>
  <div class="faults">
    ${(snapshot?.faults ?? []).map(
      (fault) => html`
        <button
          class="fault"
          aria-pressed=${fault.on}
          title=${fault.description}
          @click=${() => store.fault(fault.name, !fault.on)}
        >
          ${fault.label}${fault.on && fault.left !== null ? html` <small>${fault.left}×</small>` : nothing}
        </button>
      `,
    )}
  </div>
`
