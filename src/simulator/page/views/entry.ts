import { html, nothing, type TemplateResult } from 'lit-html'
import { live } from 'lit-html/directives/live.js'
import type { EntryView, FieldView } from '../../page-contract.ts'
import { time } from '../format.ts'
import type { Draft, PageState, Store } from '../store.ts'
import { canvasView } from './canvas.ts'
import { noteView } from './note.ts'

export const entryView = ({ entry, draft, snapshot }: PageState, store: Store): TemplateResult => {
  if (entry === null)
    return html`<p class="empty">${snapshot ? 'Choose an entry.' : 'Opening the notebook …'}</p>`
  return html`
    <article>
      <input
        class="title"
        aria-label="Name of the entry"
        .value=${live(draft.name ?? entry.name)}
        @input=${(event: InputEvent) => store.editName((event.target as HTMLInputElement).value)}
      />
      <p class="quiet">${entry.displayId} · ${entry.author} · modified ${time(entry.modifiedAt)}</p>
      <div class="fields">${entry.fields.map((field) => fieldView(field, draft, store))}</div>
      ${days(entry, draft, store)}
      <div class="tools">
        <button class="plain" @click=${() => store.append('text')}>Add text</button>
        <button class="plain" @click=${() => store.append('table')}>Add table</button>
        <label class="plain">
          Attach files
          <input
            type="file"
            multiple
            @change=${(event: Event) => store.attach((event.target as HTMLInputElement).files)}
          />
        </label>
        <button class="plain" @click=${() => store.insertCanvas()}>Insert canvas</button>
      </div>
    </article>
    ${saveBar(store)}
  `
}

const days = (entry: EntryView, draft: Draft, store: Store) => {
  const placed = new Set<string>()
  const parts = entry.days.map(
    (day, dayIndex) => html`
      <section class="day" aria-label=${day.title ?? day.date}>
        <h2 class="quiet">${day.title ? `${day.date} · ${day.title}` : day.date}</h2>
        ${day.notes.map((note) => {
          if (note.kind !== 'canvas') return noteView(entry, dayIndex, note, draft, store)
          placed.add(note.canvasId)
          const canvas = entry.canvases.find((c) => c.id === note.canvasId)
          return canvas && !canvas.archived ? canvasView(canvas, store) : nothing
        })}
      </section>
    `,
  )
  const loose = entry.canvases.filter((canvas) => !placed.has(canvas.id) && !canvas.archived)
  return [...parts, ...loose.map((canvas) => canvasView(canvas, store))]
}

const saveBar = (store: Store) =>
  store.dirty
    ? html`
        <div class="save">
          <span>Changes are not saved yet.</span>
          <button class="plain" @click=${() => store.discard()}>Discard</button>
          <button class="primary" @click=${() => store.save()}>Save <kbd>Ctrl S</kbd></button>
        </div>
      `
    : nothing

const fieldView = (field: FieldView, draft: Draft, store: Store): TemplateResult => {
  const id = `field-${field.name}`
  const drafted = Object.hasOwn(draft.fields, field.name)
  const value = drafted ? draft.fields[field.name] : field.value
  const shown = value === null || value === undefined ? '' : String(value)
  const label = html`<label for=${id}>${field.name}${field.unit ? ` (${field.unit})` : ''}</label>`
  if (!field.editable)
    return html`<div class="field">${label}<output id=${id}>${field.display || '—'}</output></div>`
  return html`
    <div class="field ${drafted ? 'changed' : ''}">
      ${label}
      <input
        id=${id}
        type=${INPUT_TYPES[field.type] ?? 'text'}
        step="any"
        .value=${live(shown)}
        @input=${(event: InputEvent) => store.editField(field.name, typed(field, event.target as HTMLInputElement))}
      />
    </div>
  `
}

const INPUT_TYPES: Record<string, string> = { integer: 'number', float: 'number', date: 'date' }

const typed = (field: FieldView, input: HTMLInputElement): string | number | boolean | null => {
  if (input.value === '') return null
  return INPUT_TYPES[field.type] === 'number' ? input.valueAsNumber : input.value
}
