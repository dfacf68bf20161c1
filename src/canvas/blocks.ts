/**
 * The canvas blocks this product draws (Benchling v2 OpenAPI, schema AppCanvas UiBlock). Every block has an id: v3 of
 * the API requires it. Sections lay their children side by side and hold neither sections nor tables.
 */
export type Markdown = { readonly type: 'MARKDOWN'; readonly id: string; readonly value: string }
export type Button = {
  readonly type: 'BUTTON'
  readonly id: string
  readonly text: string
  readonly enabled: boolean
}
/** A line to type in; `value` is null until somebody does. */
export type TextInput = {
  readonly type: 'TEXT_INPUT'
  readonly id: string
  readonly value: string | null
  readonly label: string
  readonly placeholder: string
}
export type Section = {
  readonly type: 'SECTION'
  readonly id: string
  readonly children: readonly (Button | TextInput)[]
}
export type Block = Markdown | Button | TextInput | Section

export const markdown = (id: string, ...lines: readonly string[]): Markdown => ({
  type: 'MARKDOWN',
  id,
  value: lines.join('\n'),
})

export const button = (id: string, text: string, enabled = true): Button => ({
  type: 'BUTTON',
  id,
  text,
  enabled,
})

export const section = (id: string, ...children: readonly (Button | TextInput)[]): Section => ({
  type: 'SECTION',
  id,
  children,
})
