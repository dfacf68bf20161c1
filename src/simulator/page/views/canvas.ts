import { html, nothing, type TemplateResult } from 'lit-html'
import type { CanvasBlock, CanvasView } from '../../page-contract.ts'
import { markdown } from '../markdown.ts'
import type { Store } from '../store.ts'

/** A canvas as Benchling shows it: greyed and waiting from a click until the app draws it again. */
export const canvasView = (canvas: CanvasView, app: string, store: Store): TemplateResult => {
  const locked = !canvas.enabled && !canvas.waiting
  return html`
    <section
      class="canvas ${locked ? 'locked' : ''}"
      aria-label="Canvas of ${app}"
      aria-busy=${!canvas.enabled || canvas.waiting}
      tabindex="-1"
    >
      <div class="inner">
        <div class="app">
          <span class="logo" aria-hidden="true">⬡</span><b>Quilt Package</b><small>${app}</small>
          <span class="waiting" role="status">${locked ? `Waiting for ${app} …` : nothing}</span>
        </div>
        ${canvas.session ? sessionBanner(canvas.session) : nothing}
        ${
          canvas.waiting
            ? html`<p class="waiting">Waiting for ${app} …</p>`
            : html`<div class="blocks">${canvas.blocks.map((b) => block(b, canvas, store))}</div>`
        }
      </div>
    </section>
  `
}

const sessionBanner = (session: NonNullable<CanvasView['session']>): TemplateResult => html`
  <div class="session ${session.status.toLowerCase()}">
    <b>${session.name}</b> ${session.messages.map((message) => html`<span>${message.content}</span>`)}
  </div>
`

const block = (b: CanvasBlock, canvas: CanvasView, store: Store): TemplateResult => {
  switch (b.type) {
    case 'MARKDOWN':
      return html`<div class="markdown">${markdown(typeof b.value === 'string' ? b.value : '')}</div>`
    case 'BUTTON':
      return button(b, canvas, store)
    case 'SECTION':
      return html`<div class="row">${(b.children ?? []).map((child) => block(child, canvas, store))}</div>`
    case 'CHIP':
      return html`<span class="chip">${b.value}</span>`
    default:
      return html`<p class="other">${b.label ?? b.type} <span class="quiet">${b.type}</span></p>`
  }
}

/** Not `disabled`, which would take the keyboard's place away from whoever pressed it. */
const button = (b: CanvasBlock, canvas: CanvasView, store: Store): TemplateResult => {
  const enabled = canvas.enabled && b.enabled !== false
  return html`
    <button
      class="primary"
      aria-disabled=${enabled ? 'false' : 'true'}
      @click=${() => enabled && store.click(canvas.id, b.id ?? '')}
    >
      ${b.text}
    </button>
  `
}
