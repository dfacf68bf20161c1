import { html, nothing, type TemplateResult } from 'lit-html'
import type { PageState } from '../page-state.ts'
import type { Store } from '../store.ts'

/**
 * Everything that can be made to go wrong, each with a switch. Beside the entry they stand open; in narrower windows they
 * fold into a bar at the bottom, so that the canvas stays in view.
 */
export const faults = ({ snapshot, faultsOpen }: PageState, store: Store): TemplateResult => {
  const all = snapshot?.faults ?? []
  const on = all.filter((fault) => fault.on).length
  return html`
    <section class="faults-bar ${faultsOpen ? 'unfolded' : ''}" aria-labelledby="faults">
      <div class="faults-head">
        <h2 id="faults">Faults</h2>
        <button
          class="plain fold"
          aria-expanded=${faultsOpen ? 'true' : 'false'}
          aria-controls="fault-switches"
          @click=${() => store.foldFaults()}
        >
          Faults <small class=${on > 0 ? 'warn' : ''}>${on === 0 ? 'all off' : `${on} on`}</small>
        </button>
        ${on > 0 ? html`<button class="link" @click=${() => store.mend()}>Switch all off</button>` : nothing}
      </div>
      <div id="fault-switches" class="faults" role="group" aria-labelledby="faults">
        ${all.map(
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
    </section>
  `
}
