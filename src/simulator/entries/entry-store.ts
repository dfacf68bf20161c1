import { badRequest, notFound } from '../api-error.ts'
import type { ByteSource } from '../archive/byte-source.ts'
import { benchlingId, type Random } from '../random.ts'
import {
  type ApiDay,
  type ApiEntry,
  type ApiField,
  type ApiNote,
  apiTime,
  type UserSummary,
} from './api-entry.ts'
import type { Attachment, EntrySeed } from './sample.ts'
import { fileNote } from './sample.ts'

export type StoredEntry = {
  readonly api: ApiEntry
  readonly attachments: ReadonlyMap<string, Attachment>
  readonly archive: 'packed' | 'virtual' | undefined
  readonly archiveBytes: ByteSource | undefined
  /** Fields changed since the last save, as `updates` of an event names them. */
  readonly unsaved: readonly string[]
}

export type EntryChange = {
  readonly name?: string
  readonly folderId?: string
  readonly fields?: Readonly<Record<string, ApiField | string | number | boolean | null>>
  /** Replaces the body. */
  readonly days?: readonly ApiDay[]
  readonly archive?: 'packed' | 'virtual'
  readonly archiveBytes?: ByteSource
}

export type NewFile = {
  readonly name: string
  readonly type?: string
  readonly content: ByteSource
  readonly scanned?: boolean
  readonly caption?: string
}

export type EntryStoreOptions = {
  readonly random: Random
  readonly now: () => number
  /** `https://acme.benchling.test`, the origin of apiURL and webURL. */
  readonly origin: string
  readonly author: UserSummary
  readonly changed: (entryId: string) => void
}

/** The notebook. Entries are replaced whole at every change, so what was read stays what it was. */
export class EntryStore {
  readonly #options: EntryStoreOptions
  readonly #entries = new Map<string, StoredEntry>()
  #number = 25_000_085

  constructor(options: EntryStoreOptions) {
    this.#options = options
  }

  /** All entries, oldest first. */
  list(): StoredEntry[] {
    return [...this.#entries.values()]
  }

  /** Throws 404 as the API would. */
  get(id: string): StoredEntry {
    const entry = this.#entries.get(id)
    if (!entry) throw notFound('Entry', id)
    return entry
  }

  create(seed: EntrySeed): StoredEntry {
    const { random, now, origin } = this.#options
    const id = seed.id ?? benchlingId(random, 'etr')
    const created = seed.createdAt ?? now()
    const author = seed.author ?? this.#options.author
    const folderId = seed.folderId ?? 'lib_uz14ul16'
    const displayId = seed.displayId ?? `EXP${++this.#number}`
    const number = Number(displayId.replace(/^EXP/, ''))
    if (Number.isSafeInteger(number)) this.#number = Math.max(this.#number, number)
    return this.#keep({
      api: {
        id,
        displayId,
        name: seed.name,
        apiURL: `${origin}/api/v2/entries/${id}`,
        webURL: `${origin}/acme/f/${folderId}-experiments/${id}-${slug(seed.name)}/edit`,
        folderId,
        createdAt: apiTime(created),
        modifiedAt: apiTime(created),
        creator: author,
        authors: [author],
        assignedReviewers: [],
        entryTemplateId: null,
        schema: seed.schema ?? null,
        archiveRecord: null,
        reviewRecord: null,
        fields: seed.fields ?? {},
        customFields: {},
        days: seed.days ?? [{ date: apiTime(created).slice(0, 10), title: null, notes: [] }],
      },
      attachments: new Map((seed.attachments ?? []).map((file) => [file.id, file])),
      archive: seed.archive,
      archiveBytes: seed.archiveBytes,
      unsaved: [],
    })
  }

  /**
   * Adds an entry exactly as some tenant answered it (`GET /entries/{id}`, wrapped or not). `files` gives contents to
   * its external files by id; those without one are still being scanned and cannot be had.
   */
  addRaw(answer: unknown, more: { files?: Readonly<Record<string, NewFile>> } = {}): StoredEntry {
    const body = answer as { entry?: ApiEntry } & Partial<ApiEntry>
    const api = (body.entry ?? body) as ApiEntry
    if (typeof api?.id !== 'string' || typeof api.displayId !== 'string')
      throw badRequest('An entry needs an id and a displayId.')
    const files = Object.entries(more.files ?? {}).map(([id, file]) => [id, attachmentOf(id, file)] as const)
    return this.#keep({
      api,
      attachments: new Map(files),
      archive: undefined,
      archiveBytes: undefined,
      unsaved: [],
    })
  }

  /** Changes an entry without saying so to the app: `Tenant.save` does that. */
  update(id: string, change: EntryChange): StoredEntry {
    const entry = this.get(id)
    const fields = { ...entry.api.fields }
    const touched = new Set(entry.unsaved)
    for (const [name, value] of Object.entries(change.fields ?? {})) {
      const next = isField(value) ? value : withValue(fields[name], value)
      if (JSON.stringify(next) !== JSON.stringify(fields[name])) touched.add(`fields.${name}`)
      fields[name] = next
    }
    return this.#keep({
      ...entry,
      archive: change.archive ?? entry.archive,
      archiveBytes: change.archiveBytes ?? entry.archiveBytes,
      unsaved: [...touched],
      api: {
        ...entry.api,
        name: change.name ?? entry.api.name,
        folderId: change.folderId ?? entry.api.folderId,
        fields,
        days: change.days ?? entry.api.days,
        modifiedAt: apiTime(this.#options.now()),
      },
    })
  }

  /** Puts a part at the end of the last day. */
  append(id: string, note: ApiNote): StoredEntry {
    const { days } = this.get(id).api
    const last = days.at(-1) ?? { date: apiTime(this.#options.now()).slice(0, 10), title: null, notes: [] }
    return this.update(id, { days: [...days.slice(0, -1), { ...last, notes: [...last.notes, note] }] })
  }

  /** Puts a file at the end of the entry. Throws 400 for a name with a path: Benchling's have none. */
  addAttachment(id: string, file: NewFile): Attachment {
    if (file.name === '' || /[/\\]/.test(file.name)) throw badRequest(`${file.name} is not a file name.`)
    const attachment = attachmentOf(benchlingId(this.#options.random, 'efl'), file)
    const entry = this.get(id)
    this.#entries.set(id, {
      ...entry,
      attachments: new Map(entry.attachments).set(attachment.id, attachment),
    })
    this.append(id, fileNote(attachment.id, file.caption ?? ''))
    return attachment
  }

  removeAttachment(id: string, attachmentId: string): void {
    const entry = this.get(id)
    this.attachment(id, attachmentId)
    const attachments = new Map(entry.attachments)
    attachments.delete(attachmentId)
    this.#entries.set(id, { ...entry, attachments })
    this.update(id, {
      days: entry.api.days.map((day) => ({
        ...day,
        notes: day.notes.filter((note) => note.externalFileId !== attachmentId),
      })),
    })
  }

  /** Throws 404 when the entry has no such file. */
  attachment(id: string, attachmentId: string): Attachment {
    const attachment = this.get(id).attachments.get(attachmentId)
    if (!attachment) throw notFound('External file', attachmentId)
    return attachment
  }

  /** Lets the virus scan end (or begin again). */
  setScanned(id: string, attachmentId: string, scanned: boolean): void {
    const entry = this.get(id)
    const attachment = { ...this.attachment(id, attachmentId), scanned }
    this.#keep({ ...entry, attachments: new Map(entry.attachments).set(attachmentId, attachment) })
  }

  /** The changed fields, which are forgotten: the next save begins anew. */
  takeUnsaved(id: string): readonly string[] {
    const entry = this.get(id)
    this.#entries.set(id, { ...entry, unsaved: [] })
    return entry.unsaved
  }

  #keep(entry: StoredEntry): StoredEntry {
    this.#entries.set(entry.api.id, entry)
    this.#options.changed(entry.api.id)
    return entry
  }
}

const attachmentOf = (id: string, file: NewFile): Attachment => ({
  id,
  name: file.name,
  type: file.type ?? 'application/octet-stream',
  content: file.content,
  scanned: file.scanned ?? true,
})

const isField = (value: unknown): value is ApiField =>
  typeof value === 'object' && value !== null && 'value' in value && 'displayValue' in value

/** A field of the same type with another value; a new field is text. */
const withValue = (field: ApiField | undefined, value: string | number | boolean | null): ApiField => {
  const shown = value === null ? null : String(value)
  const base = field ?? { isMulti: false, type: 'text' }
  const typed =
    (base.type === 'integer' || base.type === 'float') && typeof value === 'string'
      ? value.trim() === ''
        ? null
        : Number(value)
      : value
  if (typeof typed === 'number' && !Number.isFinite(typed)) throw badRequest(`${value} is not a number.`)
  return { ...base, value: typed, displayValue: shown, textValue: shown }
}

const slug = (name: string): string =>
  name
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '') || 'entry'
