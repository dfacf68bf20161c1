import { html, nothing, type TemplateResult } from 'lit-html'
import type { NoteView } from '../../page-contract.ts'
import { attachmentUrl } from '../api.ts'
import { count, icon, size } from '../format.ts'
import type { Store } from '../store.ts'

export type Attached = Extract<NoteView, { kind: 'attachment' }>

/** Attachments shown at once when there are many; the rest unfolds. */
const SHOWN = 12

/** Files that stand next to each other in the entry; of many, the first ones and how many more. */
export const attachments = (entryId: string, notes: readonly Attached[], store: Store): TemplateResult => {
  const one = ({ attachment }: Attached) => chip(entryId, attachment, store)
  if (notes.length <= SHOWN + 3) return html`<div class="files">${notes.map(one)}</div>`
  const rest = notes.slice(SHOWN)
  const bytes = rest.reduce((sum, { attachment }) => sum + attachment.size, 0)
  return html`
    <div class="files">${notes.slice(0, SHOWN).map(one)}</div>
    <details class="files">
      <summary>${count(rest.length)} more files · ${size(bytes)}</summary>
      ${rest.map(one)}
    </details>
  `
}

const chip = (entryId: string, file: Attached['attachment'], store: Store): TemplateResult => html`
  <span class="file">
    <button
      class="name"
      title=${file.caption || file.name}
      @click=${() => store.view({ title: file.name, url: attachmentUrl(entryId, file.id), size: file.size })}
    >
      <span aria-hidden="true">${icon(file.name)}</span><span class="cut">${file.name}</span>
      <span class="quiet">${size(file.size)}</span>
      ${file.scanned ? nothing : html`<small class="warn">being scanned: exports leave it out</small>`}
    </button>
    <button class="remove" aria-label="Remove ${file.name}" title="Remove" @click=${() => store.detach(file.id)}>×</button>
  </span>
`
