import { html, type TemplateResult } from 'lit-html'
import { live } from 'lit-html/directives/live.js'
import type { EntryView, LinkView, NoteView } from '../../page-contract.ts'
import { attachmentUrl } from '../api.ts'
import { icon, size } from '../format.ts'
import type { Draft, Store } from '../store.ts'

type Note<K extends NoteView['kind']> = Extract<NoteView, { kind: K }>

/** One part of a day of the notebook, editable where Benchling's is. */
export const noteView = (
  entry: EntryView,
  day: number,
  note: NoteView,
  draft: Draft,
  store: Store,
): TemplateResult => {
  switch (note.kind) {
    case 'text':
      return textNote(day, note, draft, store)
    case 'table':
      return tableNote(day, note, draft, store)
    case 'attachment':
      return attachment(entry, note, store)
    case 'canvas':
      return html``
    case 'other':
      return html`<p class="other">${note.label} <span class="quiet">${note.type}</span></p>`
  }
}

const draftOf = (draft: Draft, day: number, index: number) =>
  draft.notes.find((n) => n.day === day && n.index === index)

const textNote = (day: number, note: Note<'text'>, draft: Draft, store: Store): TemplateResult => {
  const edited = draftOf(draft, day, note.index)
  const text = edited?.text ?? note.text
  const area = html`
    <textarea
      class="text ${note.style}"
      rows="1"
      aria-label="Text"
      .value=${live(text)}
      @input=${(event: InputEvent) =>
        store.editNote({ day, index: note.index, text: (event.target as HTMLTextAreaElement).value })}
    ></textarea>
  `
  const box = html`
    <input
      type="checkbox"
      aria-label="Done"
      .checked=${live(edited?.checked ?? note.checked)}
      @change=${(event: Event) =>
        store.editNote({ day, index: note.index, checked: (event.target as HTMLInputElement).checked })}
    />
  `
  return html`
    <div class="line ${note.style} indent-${Math.min(note.indentation, 4)}">
      ${note.style === 'list_checkbox' ? box : ''}${area}
    </div>
    ${note.links.length > 0 ? html`<p class="links">${note.links.map(chip)}</p>` : ''}
  `
}

const chip = (link: LinkView): TemplateResult =>
  html`<span class="chip" title=${link.id ?? link.url ?? ''}>${link.label} <small>${link.type}</small></span>`

const tableNote = (day: number, note: Note<'table'>, draft: Draft, store: Store): TemplateResult => {
  const edited = draftOf(draft, day, note.index)?.cells ?? []
  const cell = (row: number, column: number, text: string) =>
    edited.findLast((c) => c.row === row && c.column === column)?.text ?? text
  return html`
    <figure class="table">
      <figcaption>${note.name || 'Table'}${note.caption ? html` <span class="quiet">${note.caption}</span>` : ''}</figcaption>
      <div class="scroll">
        <table>
          <thead>
            <tr>${note.columns.map((column) => html`<th scope="col">${column}</th>`)}</tr>
          </thead>
          <tbody>
            ${note.rows.map(
              (cells, row) => html`<tr>
                ${cells.map(
                  ({ text, link }, column) => html`<td>
                    ${link ? chip(link) : ''}
                    <input
                      aria-label="${note.columns[column] ?? 'Column'} ${row + 1}"
                      .value=${live(cell(row, column, text))}
                      @input=${(event: InputEvent) =>
                        store.editNote({
                          day,
                          index: note.index,
                          cells: [{ row, column, text: (event.target as HTMLInputElement).value }],
                        })}
                    />
                  </td>`,
                )}
              </tr>`,
            )}
          </tbody>
        </table>
      </div>
    </figure>
  `
}

const attachment = (
  entry: EntryView,
  { attachment: file }: Note<'attachment'>,
  store: Store,
): TemplateResult => html`
  <span class="file">
    <button
      class="plain"
      title=${file.caption || file.name}
      @click=${() => store.view(file.name, attachmentUrl(entry.id, file.id), file.size)}
    >
      <span aria-hidden="true">${icon(file.name)}</span> ${file.name} · ${size(file.size)}
      ${file.scanned ? '' : html`<small class="warn">being scanned: exports leave it out</small>`}
    </button>
    <button class="remove" aria-label="Remove ${file.name}" @click=${() => store.detach(file.id)}>×</button>
  </span>
`
