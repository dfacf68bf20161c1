import { html, nothing, type TemplateResult } from 'lit-html'
import { live } from 'lit-html/directives/live.js'
import type { LinkView, NoteView } from '../../page-contract.ts'
import type { Draft } from '../drafts.ts'
import type { Store } from '../store.ts'

type Note<K extends NoteView['kind']> = Extract<NoteView, { kind: K }>

/** One part of a day of the notebook, editable where Benchling's is. */
export const noteView = (
  day: number,
  note: Note<'text' | 'table' | 'other'>,
  draft: Draft,
  store: Store,
): TemplateResult => {
  switch (note.kind) {
    case 'text':
      return textNote(day, note, draft, store)
    case 'table':
      return tableNote(day, note, draft, store)
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
      aria-label="Done: ${text}"
      .checked=${live(edited?.checked ?? note.checked)}
      @change=${(event: Event) =>
        store.editNote({ day, index: note.index, checked: (event.target as HTMLInputElement).checked })}
    />
  `
  return html`
    <div class="line ${note.style} indent-${Math.min(note.indentation, 4)}">
      ${note.style === 'list_checkbox' ? box : nothing}${area}
    </div>
    ${note.links.length > 0 ? html`<p class="links">${note.links.map(chip)}</p>` : nothing}
  `
}

const chip = (link: LinkView): TemplateResult =>
  html`<span class="chip" title=${link.id ?? link.url ?? ''}>${link.label} <small>${link.type.replaceAll('_', ' ')}</small></span>`

const tableNote = (day: number, note: Note<'table'>, draft: Draft, store: Store): TemplateResult => {
  const edited = draftOf(draft, day, note.index)?.cells ?? []
  const shown = (row: number, column: number, text: string) =>
    edited.findLast((c) => c.row === row && c.column === column)?.text ?? text
  const cell = (row: number, column: number, text: string) => html`
    <textarea
      rows="1"
      aria-label="${note.columns[column] || `Column ${column + 1}`}, row ${row + 1}"
      .value=${live(shown(row, column, text))}
      @input=${(event: InputEvent) =>
        store.editNote({
          day,
          index: note.index,
          cells: [{ row, column, text: (event.target as HTMLTextAreaElement).value }],
        })}
    ></textarea>
  `
  return html`
    <figure class="table">
      <figcaption>${note.name || 'Table'}${note.caption ? html` <span class="quiet">${note.caption}</span>` : nothing}</figcaption>
      <div class="scroll" tabindex="0" role="region" aria-label="Table ${note.name}">
        <table>
          <thead>
            <tr>${note.columns.map((column) => html`<th scope="col">${column}</th>`)}</tr>
          </thead>
          <tbody>
            ${note.rows.map(
              (cells, row) => html`<tr>
                ${cells.map(({ text, link }, column) => html`<td>${link ? chip(link) : cell(row, column, text)}</td>`)}
              </tr>`,
            )}
          </tbody>
        </table>
      </div>
    </figure>
  `
}
