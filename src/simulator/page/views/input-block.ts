import { html, nothing, type TemplateResult } from 'lit-html'
import { live } from 'lit-html/directives/live.js'
import type { CanvasBlock } from '../../page-contract.ts'
import { type InputValue, valueShown } from '../typed-inputs.ts'
import type { Around } from './blocks.ts'

type Control = {
  readonly id: string
  readonly block: CanvasBlock
  readonly place: string
  readonly value: InputValue
  readonly enabled: boolean
  readonly name: string
  readonly changed: (value: InputValue) => void
}

/**
 * An input of any type with its label. Text is a line to type in, selectors are lists; those that choose something of
 * Benchling's (dropdowns, searches) take its id; files cannot be uploaded here.
 */
export const inputBlock = (b: CanvasBlock, around: Around, place: string): TemplateResult => {
  const { canvas, state, store } = around
  const id = `${canvas.id}-${b.id ?? place}`
  const control: Control = {
    id,
    block: b,
    place,
    value: valueShown(b, canvas.id, state.typed),
    enabled: canvas.enabled && b.enabled !== false,
    name: b.label || b.placeholder || b.id || b.type,
    changed: (value) => store.type(canvas, b.id ?? '', value),
  }
  const label = html`<label for=${id}>${b.label}${b.required ? html` <span class="quiet">(required)</span>` : nothing}</label>`
  return html`<div class="input">${b.label ? label : nothing}${controlFor(b)(control)}</div>`
}

const controlFor = ({ type }: CanvasBlock): ((control: Control) => TemplateResult) => {
  switch (type) {
    case 'SELECTOR_INPUT':
    case 'SELECTOR_INPUT_MULTIVALUE':
      return selector
    case 'DROPDOWN_MULTIVALUE':
    case 'SEARCH_INPUT_MULTIVALUE':
      return (control) => line(control, 'ids, separated by commas', (text) => listed(text))
    case 'DROPDOWN':
    case 'SEARCH_INPUT':
      return (control) => line(control, 'an id', (text) => text || null)
    case 'FILE_UPLOAD':
      return () => html`<p class="other">Files cannot be uploaded to a canvas here.</p>`
    default:
      return (control) => line(control, '', (text) => text || null)
  }
}

const listed = (text: string): readonly string[] =>
  text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '')

/** `readonly` rather than `disabled` while it is locked: the caret stays where it is. Enter submits nothing. */
const line = (
  { id, block, place, value, enabled, name, changed }: Control,
  hint: string,
  read: (text: string) => InputValue,
): TemplateResult => html`
  <input
    id=${id}
    data-block=${block.id ?? ''}
    data-place=${place}
    type="text"
    autocomplete="off"
    aria-label=${name}
    placeholder=${block.placeholder ?? hint}
    ?required=${block.required === true}
    ?readonly=${!enabled}
    .value=${live(typeof value === 'string' ? value : (value ?? []).join(', '))}
    @input=${(event: InputEvent) => changed(read((event.target as HTMLInputElement).value))}
  />
`

const selector = ({ id, block, place, value, enabled, name, changed }: Control): TemplateResult => {
  const several = block.type === 'SELECTOR_INPUT_MULTIVALUE'
  const isChosen = (option: string) =>
    typeof value === 'string' ? value === option : value?.includes(option)
  const read = (list: HTMLSelectElement): InputValue => {
    const chosen = [...list.selectedOptions].map((option) => option.value).filter((option) => option !== '')
    return several ? chosen : (chosen[0] ?? null)
  }
  return html`
    <select
      id=${id}
      data-block=${block.id ?? ''}
      data-place=${place}
      aria-label=${name}
      ?multiple=${several}
      ?disabled=${!enabled}
      @change=${(event: Event) => changed(read(event.target as HTMLSelectElement))}
    >
      ${several ? nothing : html`<option value="" ?selected=${!value}>${block.placeholder ?? '—'}</option>`}
      ${(block.options ?? []).map((option) => html`<option ?selected=${isChosen(option)}>${option}</option>`)}
    </select>
  `
}
