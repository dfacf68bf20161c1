import { html, nothing, type TemplateResult } from 'lit-html'
import { keyed } from 'lit-html/directives/keyed.js'
import { ref } from 'lit-html/directives/ref.js'
import { size } from '../format.ts'
import type { PageState } from '../page-state.ts'
import type { Store } from '../store.ts'
import { canBeShown, fileContent } from './file-content.ts'

/**
 * One file of a package or one attachment, shown over the page: a modal dialog, so that the browser keeps the keyboard
 * inside, closes it on Escape, and gives the focus back.
 */
export const fileViewer = ({ viewing }: PageState, store: Store): TemplateResult | typeof nothing => {
  if (viewing === null) return nothing
  const close = (event: Event) => (event.currentTarget as Element).closest('dialog')?.close()
  return html`${keyed(
    viewing.url,
    html`
      <dialog
        class="viewer"
        aria-label=${viewing.title}
        ${ref(showModal)}
        @close=${() => store.view(null)}
        @click=${(event: Event) => event.target === event.currentTarget && close(event)}
      >
        <div class="bar">
          <b>${viewing.title}</b>${viewing.size === null ? nothing : html`<span class="quiet">${size(viewing.size)}</span>`}<span class="spring"></span>
          <a class="plain" href=${viewing.url} target="_blank" rel="noreferrer">
            ${canBeShown(viewing.title) ? 'Open' : 'Download'}
          </a>
          <button class="plain" autofocus @click=${close}>Close <kbd aria-hidden="true">Esc</kbd></button>
        </div>
        <div class="content" tabindex="0" role="region" aria-label="Content">${fileContent(viewing)}</div>
      </dialog>
    `,
  )}`
}

const showModal = (element: Element | undefined): void => {
  if (element instanceof HTMLDialogElement && !element.open) queueMicrotask(() => element.showModal())
}
