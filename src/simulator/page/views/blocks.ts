import { html, type TemplateResult } from 'lit-html'
import { repeat } from 'lit-html/directives/repeat.js'
import type { CanvasBlock, CanvasView } from '../../page-contract.ts'
import { markdown } from '../markdown.ts'
import type { PageState } from '../page-state.ts'
import type { Store } from '../store.ts'
import { inputBlock } from './input-block.ts'

export type Around = { readonly canvas: CanvasView; readonly state: PageState; readonly store: Store }

/** Blocks one below the other, or those of a section side by side. A block keeps its element for as long as its id stays. */
export const blocks = (all: readonly CanvasBlock[], around: Around, within: string): unknown =>
  repeat(
    all,
    (b, index) => b.id ?? index,
    (b, index) => block(b, around, `${within}${index}`),
  )

/** `place`: where it stands, as `3.1` for the second of the fourth. */
const block = (b: CanvasBlock, around: Around, place: string): TemplateResult => {
  switch (b.type) {
    case 'MARKDOWN':
      return html`<div class="markdown">${markdown(typeof b.value === 'string' ? b.value : '')}</div>`
    case 'BUTTON':
      return button(b, around, place)
    case 'SECTION':
      return html`<div class="row">${blocks(b.children ?? [], around, `${place}.`)}</div>`
    case 'CHIP':
      return html`<span class="chip">${itemName(String(b.value ?? ''), around.state)}</span>`
    case 'TABLE':
      return html`<p class="other">${String(b.name ?? 'Table')} <span class="quiet">table of a data frame</span></p>`
    default:
      return 'value' in b
        ? inputBlock(b, around, place)
        : html`<p class="other">${b.label ?? b.type} <span class="quiet">${b.type}</span></p>`
  }
}

/** Not `disabled`, which would take the keyboard's place away from whoever pressed it. */
const button = (b: CanvasBlock, { canvas, store }: Around, place: string): TemplateResult => {
  const enabled = canvas.enabled && b.enabled !== false
  return html`
    <button
      class="primary"
      data-block=${b.id ?? ''}
      data-place=${place}
      aria-disabled=${enabled ? 'false' : 'true'}
      @click=${() => enabled && store.click(canvas.id, b.id ?? '')}
    >
      ${b.text}
    </button>
  `
}

/** What people call an item: the display id of an entry, else its id. */
export const itemName = (id: string, { snapshot }: PageState): string =>
  snapshot?.entries.find((entry) => entry.id === id)?.displayId ?? id
