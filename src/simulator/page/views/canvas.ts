import { html, nothing, type TemplateResult } from 'lit-html'
import type { CanvasBlock, CanvasView } from '../../page-contract.ts'
import { markdown } from '../markdown.ts'
import type { Store } from '../store.ts'

/** A canvas as Benchling shows it: greyed and waiting from a click until the app draws it again. */
export const canvasView = (canvas: CanvasView, store: Store): TemplateResult => html`
  <section class="canvas" aria-label="Canvas" aria-busy=${!canvas.enabled || canvas.waiting}>
    <div class="inner">
      <div class="app"><span class="logo" aria-hidden="true">⬡</span><b>Quilt Package</b><small>benchling-webhook</small></div>
      ${canvas.session ? sessionBanner(canvas.session) : nothing}
      ${
        canvas.waiting
          ? html`<p class="waiting">Waiting for benchling-webhook …</p>`
          : html`<div class="blocks" ?inert=${!canvas.enabled}>${canvas.blocks.map((b) => block(b, canvas, store))}</div>`
      }
      ${!canvas.enabled && !canvas.waiting ? html`<p class="waiting">Waiting for the app …</p>` : nothing}
    </div>
  </section>
`

const sessionBanner = (session: NonNullable<CanvasView['session']>): TemplateResult => html`
  <div class="session ${session.status.toLowerCase()}">
    <b>${session.name}</b> ${session.messages.map((message) => html`<span>${message.content}</span>`)}
  </div>
`

const block = (b: CanvasBlock, canvas: CanvasView, store: Store): TemplateResult => {
  const enabled = canvas.enabled && b.enabled !== false
  switch (b.type) {
    case 'MARKDOWN':
      return html`<div class="markdown">${markdown(typeof b.value === 'string' ? b.value : '')}</div>`
    case 'BUTTON':
      return html`
        <button class="primary" ?disabled=${!enabled} @click=${() => store.click(canvas.id, b.id ?? '')}>${b.text}</button>
      `
    case 'SECTION':
      return html`<div class="row">${(b.children ?? []).map((child) => block(child, canvas, store))}</div>`
    case 'CHIP':
      return html`<span class="chip">${b.value}</span>`
    default:
      return html`<p class="other">${b.label ?? b.type} <span class="quiet">${b.type}</span></p>`
  }
}
