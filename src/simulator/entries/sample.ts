import type { ByteSource } from '../archive/byte-source.ts'
import type { ApiDay, ApiField, UserSummary } from './api-entry.ts'

/** A file somebody put into an entry. */
export type Attachment = {
  readonly id: string
  readonly name: string
  /** Media type. */
  readonly type: string
  readonly content: ByteSource
  /** False while the virus scan runs: exports leave it out, external-files still serves it. */
  readonly scanned: boolean
}

/** What makes an entry; the store adds ids, addresses and times that are left out. */
export type EntrySeed = {
  readonly id?: string
  readonly displayId?: string
  readonly name: string
  readonly folderId?: string
  readonly createdAt?: number
  readonly author?: UserSummary
  readonly schema?: { readonly id: string; readonly name: string } | null
  readonly fields?: Readonly<Record<string, ApiField>>
  readonly days?: readonly ApiDay[]
  readonly attachments?: readonly Attachment[]
  /**
   * `virtual`: the export archive is made while it is read, for contents that do not fit in memory. Default: virtual
   * above 64 MiB of content.
   */
  readonly archive?: 'packed' | 'virtual'
  /** Exactly these bytes are the export archive, whatever the entry holds. */
  readonly archiveBytes?: ByteSource
}

/** A linked thing: what its own endpoint answers beyond id and name. `type` is that of a link (custom_entity, box, …). */
export type LinkedObject = {
  readonly type: string
  readonly id: string
  readonly name: string
  readonly more?: Readonly<Record<string, unknown>>
}

export const textNote = (text: string, links: ApiDay['notes'][number]['links'] = []) => ({
  type: 'text',
  indentation: 0,
  text,
  links,
})

export const textField = (value: string | null): ApiField => ({
  value,
  displayValue: value,
  textValue: value,
  isMulti: false,
  type: 'text',
})

export const numberField = (
  type: 'integer' | 'float',
  value: number | null,
  unit: string | null = null,
): ApiField => ({
  value,
  displayValue: value === null ? '' : String(value),
  textValue: value === null ? '' : String(value),
  isMulti: false,
  type,
  unit,
})

export const dateField = (value: string): ApiField => ({
  value,
  displayValue: value,
  textValue: value,
  isMulti: false,
  type: 'date',
})

export const booleanField = (value: boolean): ApiField => ({
  value,
  displayValue: String(value),
  textValue: String(value),
  isMulti: false,
  type: 'boolean',
})

/** A link to one or several things: the value holds ids, the display value names. */
export const linkField = (
  type: 'entity_link' | 'custom_entity_link' | 'entry_link' | 'dropdown',
  ids: string | readonly string[],
  names: string,
): ApiField => ({
  value: ids,
  displayValue: names,
  textValue: names,
  isMulti: typeof ids !== 'string',
  type,
})

/** The note that stands where a file was dropped into the entry. */
export const fileNote = (attachmentId: string, caption = '') => ({
  type: 'external_file',
  indentation: 0,
  text: caption,
  links: [],
  externalFileId: attachmentId,
})
