import { html, nothing, type TemplateResult } from 'lit-html'
import type { CanvasView } from '../../page-contract.ts'
import { waitingWords } from '../canvas-news.ts'
import type { PageState } from '../page-state.ts'
import { personHere } from '../people.ts'
import type { Store } from '../store.ts'
import { blocks } from './blocks.ts'
import { sessionBanner } from './session.ts'

/** A canvas as Benchling shows it: greyed and waiting from a click until the app draws it again. */
export const canvasView = (canvas: CanvasView, state: PageState, store: Store): TemplateResult => {
  const app = state.snapshot?.tenant.appName ?? 'the app'
  const locked = !canvas.enabled && !canvas.waiting
  const waits = html`<i class="spinner" aria-hidden="true"></i>${waitingWords(canvas, app, personHere(state).name)}`
  return html`
    <section
      class="canvas ${locked ? 'locked' : ''}"
      aria-label="Canvas of ${app}"
      aria-busy=${!canvas.enabled || canvas.waiting}
      tabindex="-1"
    >
      <div class="inner">
        <div class="app">
          <span class="logo" aria-hidden="true">⬡</span><b>Quilt Package</b>
          <small class=${locked ? 'waits' : ''}>${locked ? waits : app}</small>
        </div>
        ${canvas.session ? sessionBanner(canvas.session, state) : nothing}
        ${
          canvas.waiting
            ? html`<p class="waits">${waits}</p>`
            : html`<div class="blocks">${blocks(canvas.blocks, { canvas, state, store }, '')}</div>`
        }
      </div>
    </section>
  `
}
