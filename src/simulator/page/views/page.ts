import { html, nothing, type TemplateResult } from 'lit-html'
import type { PageState } from '../page-state.ts'
import type { Store } from '../store.ts'
import { entryView } from './entry.ts'
import { entryList } from './entry-list.ts'
import { faults } from './faults.ts'
import { fileViewer } from './file-viewer.ts'
import { packageView } from './package.ts'
import { personSwitch } from './person.ts'
import { placeView } from './place.ts'
import { timeline } from './timeline.ts'

/** The notebook: entries on the left, the entry with its live canvas, what is happening on the right. */
export const page = (state: PageState, store: Store): TemplateResult => html`
  <a class="skip" href="#entry" @click=${skip}>Skip to the entry</a>
  ${header(state, store)}
  ${
    state.connection === 'lost'
      ? html`<p class="lost" role="alert">The simulator does not answer. What you see is how it was; the page comes back by itself.</p>`
      : nothing
  }
  <div class="columns">
    <nav class="entries" aria-label="Notebook">${entryList(state, store)}</nav>
    <main id="entry" tabindex="-1">
      ${state.place === null ? entryView(state, store) : placeView(state.place, state, store)}
    </main>
    <aside aria-label="Service">
      <div>${timeline(state)} ${faults(state, store)}</div>
      <div>${packageView(state, store)}</div>
    </aside>
  </div>
  <p class="heard" role="status">${state.news}</p>
  <div class="notice" role="status" aria-live="polite">${state.notice ?? nothing}</div>
  ${fileViewer(state, store)}
`

/** The address keeps naming the entry. */
const skip = (event: Event): void => {
  event.preventDefault()
  document.querySelector<HTMLElement>('#entry')?.focus()
}

const header = (state: PageState, store: Store): TemplateResult => {
  const { tone, says } = readiness(state)
  return html`
    <header>
      <strong>Notebook</strong>
      <span class="quiet tenant cut">simulated tenant · ${state.snapshot?.tenant.host ?? '…'}</span>
      <span class="spring"></span>
      <span class="pill ${tone}" role="status"><i aria-hidden="true"></i>${says}</span>
      <button
        class="plain"
        title="The tenant signs its deliveries with new keys; the service has to notice."
        @click=${() => store.rotateKeys()}
      >
        Rotate keys
      </button>
      ${personSwitch(state, store)}
    </header>
  `
}

const readiness = ({ snapshot, connection }: PageState): { tone: string; says: string } => {
  if (connection === 'connecting') return { tone: 'wait', says: 'connecting …' }
  if (connection === 'lost') return { tone: 'bad', says: 'not connected' }
  const service = snapshot?.service
  if (!service) return { tone: 'wait', says: snapshot ? 'no service attached' : 'connecting …' }
  return service.ready
    ? { tone: 'good', says: `service ready · ${service.detail}` }
    : { tone: 'bad', says: `service not ready · ${service.detail}` }
}
