import { html, nothing, type TemplateResult } from 'lit-html'
import type { PageState } from '../page-state.ts'
import type { Store } from '../store.ts'

/** Everything that can be made to go wrong, each with a switch. */
export const faults = ({ snapshot }: PageState, store: Store): TemplateResult => html`
  <h2 id="faults">Faults</h2>
  <div class="faults" role="group" aria-labelledby="faults">
    ${(snapshot?.faults ?? []).map(
      (fault) => html`
        <button
          class="fault"
          aria-pressed=${fault.on ? 'true' : 'false'}
          title=${fault.description}
          @click=${() => store.fault(fault.name, !fault.on)}
        >
          ${fault.label}${fault.on && fault.left !== null ? html` <small>${fault.left}×</small>` : nothing}
        </button>
      `,
    )}
  </div>
`
