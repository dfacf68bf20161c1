import { html, nothing, type TemplateResult } from 'lit-html'
import { until } from 'lit-html/directives/until.js'
import { size } from '../format.ts'
import type { PageState, Store } from '../store.ts'

const PICTURES = /\.(png|jpe?g|gif|webp)$/i
const TEXTS = /\.(txt|md|csv|tsv|json|fasta|fa|gb|log|html?|ya?ml)$/i
/** Text beyond this is cut: the page is for looking, not for reading gigabytes. */
const TEXT_BYTES = 200_000

/** One file of a package or one attachment, shown without leaving the page. */
export const fileViewer = ({ viewing }: PageState, store: Store): TemplateResult | typeof nothing => {
  if (viewing === null) return nothing
  const close = () => store.closeView()
  return html`
    <div class="curtain" @click=${close}></div>
    <div
      class="viewer"
      role="dialog"
      aria-modal="true"
      aria-label=${viewing.title}
      @keydown=${(event: KeyboardEvent) => event.key === 'Escape' && close()}
    >
      <div class="bar">
        <b>${viewing.title}</b><span class="quiet">${size(viewing.size)}</span><span class="spring"></span>
        <a class="plain" href=${viewing.url} target="_blank" rel="noreferrer">Open</a>
        <button class="plain" autofocus @click=${close}>Close</button>
      </div>
      <div class="content">${content(viewing)}</div>
    </div>
  `
}

const content = (viewing: NonNullable<PageState['viewing']>): unknown => {
  if (PICTURES.test(viewing.title)) return html`<img src=${viewing.url} alt=${viewing.title} />`
  if (TEXTS.test(viewing.title)) return until(textOf(viewing.url), html`<p class="empty">Reading …</p>`)
  return html`<p class="empty">This kind of file opens outside of the page: use “Open”.</p>`
}

const texts = new Map<string, Promise<TemplateResult>>()

/** Remembered by address, because a template asks again at every change of the page. */
const textOf = (url: string): Promise<TemplateResult> => {
  const known = texts.get(url)
  if (known) return known
  const reading = fetch(url)
    .then(async (answer) =>
      answer.ok ? (await answer.blob()).slice(0, TEXT_BYTES).text() : 'The file cannot be read.',
    )
    .then((text) => html`<pre>${text}</pre>`)
  texts.clear()
  texts.set(url, reading)
  return reading
}
