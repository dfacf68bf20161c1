import { html, nothing, type TemplateResult } from 'lit-html'
import { guard } from 'lit-html/directives/guard.js'
import { keyed } from 'lit-html/directives/keyed.js'
import { live } from 'lit-html/directives/live.js'
import type { DayView, EntryView, NoteView } from '../../page-contract.ts'
import { count, moment } from '../format.ts'
import type { PageState } from '../page-state.ts'
import type { Store } from '../store.ts'
import { type Attached, attachments } from './attachments.ts'
import { canvasView } from './canvas.ts'
import { fieldView } from './field.ts'
import { noteView } from './note.ts'

export const entryView = (state: PageState, store: Store): TemplateResult => {
  const { entry, snapshot } = state
  if (entry === null)
    return html`<p class="empty">${snapshot ? 'Opening the entry …' : 'Opening the notebook …'}</p>`
  return html`${keyed(entry.id, article(entry, state, store))} ${saveBar(store)}`
}

const article = (entry: EntryView, state: PageState, store: Store): TemplateResult => html`
  <article>
    <textarea
      class="title"
      rows="1"
      aria-label="Name of the entry"
      .value=${live(state.draft.name ?? entry.name)}
      @keydown=${(event: KeyboardEvent) => event.key === 'Enter' && event.preventDefault()}
      @input=${(event: InputEvent) => store.editName((event.target as HTMLTextAreaElement).value.replace(/\s*\n\s*/g, ' '))}
    ></textarea>
    <p class="quiet">
      ${entry.displayId} · ${entry.author} · modified ${moment(entry.modifiedAt, state.now)}${entry.schema ? ` · ${entry.schema}` : nothing}
    </p>
    <div class="fields">${entry.fields.map((field) => fieldView(field, state.draft, store))}</div>
    ${days(entry, state, store)}
    <div class="tools" role="group" aria-label="Add to the entry">
      <button class="plain" @click=${() => store.append('text')}>Add text</button>
      <button class="plain" @click=${() => store.append('table')}>Add table</button>
      <label class="plain">
        Attach files
        <input
          type="file"
          multiple
          @change=${async (event: Event) => {
            const input = event.target as HTMLInputElement
            await store.attach(input.files)
            input.value = ''
          }}
        />
      </label>
      <button class="plain" @click=${() => store.insertCanvas()}>Insert canvas</button>
    </div>
  </article>
`

const days = (entry: EntryView, state: PageState, store: Store) => {
  const canvasOf = (id: string) => entry.canvases.find((canvas) => canvas.id === id && !canvas.archived)
  const placed = new Set(
    entry.days.flatMap((day) => day.notes.flatMap((note) => (note.kind === 'canvas' ? [note.canvasId] : []))),
  )
  const loose = entry.canvases.filter((canvas) => !placed.has(canvas.id) && !canvas.archived)
  const parts = entry.days.map(
    (day, index) => html`
      <section class="day" aria-label=${day.title ?? day.date}>
        <h2 class="quiet">${day.title ? `${day.date} · ${day.title}` : day.date}</h2>
        ${grouped(day).map((part) => {
          if (Array.isArray(part)) return guard([day.notes], () => attachments(entry.id, part, store))
          if (part.kind !== 'canvas') return noteView(index, part, state.draft, store)
          const canvas = canvasOf(part.canvasId)
          return canvas ? canvasView(canvas, state, store) : nothing
        })}
      </section>
    `,
  )
  return [...parts, ...loose.map((canvas) => canvasView(canvas, state, store))]
}

/** The parts of a day, attachments that follow each other as one. */
const grouped = (day: DayView): (Exclude<NoteView, Attached> | Attached[])[] => {
  const parts: (Exclude<NoteView, Attached> | Attached[])[] = []
  for (const note of day.notes) {
    const last = parts.at(-1)
    if (note.kind !== 'attachment') parts.push(note)
    else if (Array.isArray(last)) last.push(note)
    else parts.push([note])
  }
  return parts
}

const saveBar = (store: Store) => {
  if (!store.dirty) return nothing
  const { name, fields, notes } = store.state.draft
  const changes = (name === undefined ? 0 : 1) + Object.keys(fields).length + notes.length
  return html`
    <div class="save" role="region" aria-label="Unsaved changes">
      <span>${changes === 1 ? 'One change is' : `${count(changes)} changes are`} not saved yet.</span>
      <button class="plain" @click=${() => store.discard()}>Discard</button>
      <button class="primary" @click=${() => store.save()}>Save <kbd aria-hidden="true">Ctrl S</kbd></button>
    </div>
  `
}
