import { html, nothing, type TemplateResult } from 'lit-html'
import type { PlaceKind } from '../../page-contract.ts'
import type { PageState } from '../page-state.ts'
import type { Store } from '../store.ts'
import { canvasView } from './canvas.ts'

export const PLACE_NAMES: Readonly<Record<PlaceKind, string>> = { home: 'App home', run: 'Run' }

const DESCRIPTIONS: Readonly<Record<PlaceKind, string>> = {
  home: 'The homepage of the app, outside of entries.',
  run: 'A step of a run, outside of entries.',
}

/** A place outside of entries. Benchling makes no canvas there: the app was told, and creates it. */
export const placeView = (kind: PlaceKind, state: PageState, store: Store): TemplateResult => {
  const app = state.snapshot?.tenant.appName ?? 'the app'
  const place = state.snapshot?.places.find((each) => each.kind === kind)
  const canvas = place?.canvas && !place.canvas.archived ? place.canvas : null
  return html`
    <article>
      <h1>${PLACE_NAMES[kind]}</h1>
      <p class="quiet">${DESCRIPTIONS[kind]}</p>
      ${
        canvas
          ? canvasView(canvas, state, store)
          : html`<p class="waits"><i class="spinner" aria-hidden="true"></i>Waiting for ${app} …</p>`
      }
      <div class="tools">
        ${canvas ? nothing : html`<button class="plain" @click=${() => store.openPlace(kind)}>Ask again</button>`}
        ${kind === 'run' ? html`<button class="plain" @click=${() => store.openPlace(kind, true)}>Start another run</button>` : nothing}
      </div>
    </article>
  `
}
