import { html, nothing, type TemplateResult } from 'lit-html'
import type { PageState, Store } from '../store.ts'
import { entryView } from './entry.ts'
import { entryList } from './entry-list.ts'
import { faults } from './faults.ts'
import { fileViewer } from './file-viewer.ts'
import { packageView } from './package.ts'
import { timeline } from './timeline.ts'

/** The notebook: entries on the left, the entry with its live canvas, what is happening on the right. */
export const page = (state: PageState, store: Store): TemplateResult => html`
  <a class="skip" href="#entry">Skip to the entry</a>
  ${header(state, store)}
  <div class="columns">
    <nav class="entries" aria-label="Entries">${entryList(state, store)}</nav>
    <main id="entry" tabindex="-1">${entryView(state, store)}</main>
    <aside aria-label="What is happening">
      ${timeline(state)} ${faults(state, store)} ${packageView(state, store)}
    </aside>
  </div>
  <div class="notice" role="status" aria-live="polite">${state.notice ?? nothing}</div>
  ${fileViewer(state, store)}
`

const header = ({ snapshot, connected }: PageState, store: Store): TemplateResult => {
  const service = snapshot?.service ?? null
  const tone = !connected ? 'off' : service === null || service.ready ? 'good' : 'bad'
  const says = !connected
    ? 'simulator not reachable'
    : service === null
      ? 'no service attached'
      : `service ${service.ready ? 'ready' : 'not ready'} · ${service.detail}`
  return html`
    <header>
      <strong>Notebook</strong>
      <span class="quiet">simulated tenant · ${snapshot?.tenant.host ?? '…'}</span>
      <span class="spring"></span>
      <span class="pill ${tone}"><i aria-hidden="true"></i>${says}</span>
      <button class="plain" @click=${() => store.rotateKeys()}>Rotate keys</button>
    </header>
  `
}
