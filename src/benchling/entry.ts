import { z } from 'zod'

/**
 * An entry as `GET /api/v2/entries/{id}` answers it (shared facts: Benchling v2 OpenAPI, schema Entry), loosely: known
 * fields are checked, unknown ones kept. Signed addresses are removed by the client before anybody sees it.
 */
const person = z.looseObject({ id: z.string(), handle: z.string().nullish(), name: z.string().nullish() })

const link = z.looseObject({ id: z.string().nullish(), type: z.string(), webURL: z.string().nullish() })

const cell = z.looseObject({ text: z.string().nullish(), link: link.nullish() })

const note = z.looseObject({
  type: z.string(),
  text: z.string().nullish(),
  links: z.array(link).nullish(),
  externalFileId: z.string().nullish(),
  assayResultSchemaId: z.string().nullish(),
  apiId: z.string().nullish(),
  name: z.string().nullish(),
  table: z
    .looseObject({
      name: z.string().nullish(),
      columnLabels: z.array(z.string().nullable()).nullish(),
      rows: z.array(z.looseObject({ cells: z.array(cell) })).nullish(),
    })
    .nullish(),
})

const field = z.looseObject({
  type: z.string().nullish(),
  isMulti: z.boolean().nullish(),
  value: z.json().nullish(),
  displayValue: z.string().nullish(),
  textValue: z.string().nullish(),
})

export const entrySchema = z.looseObject({
  id: z.string(),
  displayId: z.string(),
  name: z.string(),
  webURL: z.string(),
  createdAt: z.string(),
  modifiedAt: z.string(),
  creator: person.nullish(),
  authors: z.array(person).nullish(),
  schema: z.looseObject({ id: z.string(), name: z.string().nullish() }).nullish(),
  fields: z.record(z.string(), field).nullish(),
  days: z
    .array(
      z.looseObject({
        date: z.string().nullish(),
        title: z.string().nullish(),
        notes: z.array(note).nullish(),
      }),
    )
    .nullish(),
})

export type Entry = z.infer<typeof entrySchema>
export type EntryNote = z.infer<typeof note>
export type EntryField = z.infer<typeof field>
export type EntryLink = z.infer<typeof link>
export type EntryPerson = z.infer<typeof person>
