/** An entry exactly as the API answers it (Benchling v2 OpenAPI, schema Entry): the store keeps this form. */
export type UserSummary = { readonly id: string; readonly handle: string; readonly name: string }

export type ApiLink = { readonly id?: string; readonly type: string; readonly webURL: string | null }

export type ApiField = {
  readonly value: string | number | boolean | readonly string[] | Record<string, unknown> | null
  readonly displayValue: string | null
  readonly textValue: string | null
  readonly isMulti: boolean
  readonly type: string
  readonly unit?: string | null
}

export type ApiCell = { readonly text: string; readonly link?: ApiLink }

export type ApiTable = {
  readonly name: string | null
  readonly columnLabels: readonly (string | null)[] | null
  readonly rows: readonly { readonly cells: readonly ApiCell[] }[]
}

export type ApiNote = {
  readonly type: string
  readonly indentation: number
  readonly text?: string
  readonly links?: readonly ApiLink[]
  readonly checked?: boolean
  readonly table?: ApiTable
  readonly externalFileId?: string
  readonly appId?: string
  readonly canvasId?: string
  readonly featureId?: string
  readonly [other: string]: unknown
}

export type ApiDay = {
  readonly date: string
  readonly title: string | null
  readonly notes: readonly ApiNote[]
}

export type ApiEntry = {
  readonly id: string
  readonly displayId: string
  readonly name: string
  readonly apiURL: string
  readonly webURL: string
  readonly folderId: string
  readonly createdAt: string
  readonly modifiedAt: string
  readonly creator: UserSummary
  readonly authors: readonly UserSummary[]
  readonly assignedReviewers: readonly UserSummary[]
  readonly entryTemplateId: string | null
  readonly schema: { readonly id: string; readonly name: string } | null
  readonly archiveRecord: { readonly reason: string } | null
  readonly reviewRecord: unknown
  readonly fields: Readonly<Record<string, ApiField>>
  readonly customFields: Readonly<Record<string, { readonly value: string }>>
  readonly days: readonly ApiDay[]
}

/** A time as Benchling writes it: RFC 3339 with microseconds and `+00:00`. */
export const apiTime = (ms: number): string => new Date(ms).toISOString().replace('Z', '000+00:00')
