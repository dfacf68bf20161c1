import { html, type TemplateResult } from 'lit-html'
import { live } from 'lit-html/directives/live.js'
import type { FieldView } from '../../page-contract.ts'
import type { Draft, FieldValue } from '../drafts.ts'
import type { Store } from '../store.ts'

const INPUT_TYPES: Record<string, string> = { integer: 'number', float: 'number', date: 'date' }

/** One schema field. Links and selections are shown, the rest is edited in place. */
export const fieldView = (field: FieldView, draft: Draft, store: Store): TemplateResult => {
  const id = `field-${field.name}`
  const drafted = Object.hasOwn(draft.fields, field.name)
  const value = drafted ? draft.fields[field.name] : field.value
  const label = html`<label for=${id}>${field.name}${field.unit ? ` (${field.unit})` : ''}</label>`
  if (!field.editable)
    return html`<div class="field fixed">${label}<output id=${id}>${field.display || '—'}</output></div>`
  const changed = (now: FieldValue) => store.editField(field.name, now)
  const control = typeof field.value === 'boolean' ? yesOrNo : typedInput
  return html`<div class="field ${drafted ? 'changed' : ''}">${label}${control(id, field, value, changed)}</div>`
}

type Control = (
  id: string,
  field: FieldView,
  value: FieldView['value'] | undefined,
  changed: (value: FieldValue) => void,
) => TemplateResult

const yesOrNo: Control = (id, _field, value, changed) => html`
  <select
    id=${id}
    .value=${live(value === true ? 'yes' : 'no')}
    @change=${(event: Event) => changed((event.target as HTMLSelectElement).value === 'yes')}
  >
    <option value="yes" ?selected=${value === true}>Yes</option>
    <option value="no" ?selected=${value !== true}>No</option>
  </select>
`

const typedInput: Control = (id, field, value, changed) => html`
  <input
    id=${id}
    type=${INPUT_TYPES[field.type] ?? 'text'}
    step="any"
    placeholder="—"
    .value=${live(value === null || value === undefined ? '' : String(value))}
    @input=${(event: InputEvent) => changed(typed(field, event.target as HTMLInputElement))}
  />
`

const typed = (field: FieldView, input: HTMLInputElement): FieldValue => {
  if (input.value === '') return null
  return INPUT_TYPES[field.type] === 'number' ? input.valueAsNumber : input.value
}
