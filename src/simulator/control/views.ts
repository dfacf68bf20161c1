import type { Canvas } from '../canvases/canvas-store.ts'
import type { SessionStore } from '../canvases/session-store.ts'
import type { TenantContext } from '../context.ts'
import type { ApiField, ApiLink, ApiNote } from '../entries/api-entry.ts'
import type { StoredEntry } from '../entries/entry-store.ts'
import type { CanvasView, EntrySummary, EntryView, FieldView, LinkView, NoteView } from '../page-contract.ts'

/** What the page shows, made from what the tenant holds. */
export const entrySummary = ({ api, attachments }: StoredEntry): EntrySummary => ({
  id: api.id,
  displayId: api.displayId,
  name: api.name,
  author: api.authors[0]?.name ?? api.creator.name,
  modifiedAt: Date.parse(api.modifiedAt),
  attachments: attachments.size,
})

export const entryView = (tenant: TenantContext, entry: StoredEntry): EntryView => ({
  ...entrySummary(entry),
  createdAt: Date.parse(entry.api.createdAt),
  schema: entry.api.schema?.name ?? null,
  fields: Object.entries(entry.api.fields).map(([name, field]) => fieldView(name, field)),
  days: entry.api.days.map(({ date, title, notes }) => ({
    date,
    title,
    notes: notes.map((note, index) => noteView(tenant, entry, note, index)),
  })),
  canvases: tenant.canvases
    .list()
    .filter((canvas) => canvas.resourceId === entry.api.id)
    .map((canvas) => canvasView(canvas, tenant.sessions)),
})

export const canvasView = (canvas: Canvas, sessions: SessionStore): CanvasView => {
  const session = canvas.sessionId === null ? null : sessions.get(canvas.sessionId)
  return {
    id: canvas.id,
    entryId: canvas.resourceId,
    featureId: canvas.featureId,
    enabled: canvas.enabled,
    waiting: canvas.waiting,
    archived: canvas.archived !== null,
    blocks: canvas.blocks,
    session: session && {
      id: session.id,
      name: session.name,
      status: session.status,
      messages: session.messages,
      timesOutAt: session.timesOutAt,
    },
    updatedAt: canvas.updatedAt,
    pressed: canvas.pressed,
    serial: canvas.serial,
  }
}

const TYPED_BY_HAND = new Set(['text', 'long_text', 'integer', 'float', 'boolean', 'date', 'datetime'])

const fieldView = (name: string, field: ApiField): FieldView => ({
  name,
  type: field.type,
  value:
    typeof field.value === 'object' && field.value !== null && !Array.isArray(field.value)
      ? JSON.stringify(field.value)
      : (field.value as FieldView['value']),
  display: field.displayValue ?? '',
  unit: field.unit ?? null,
  editable: TYPED_BY_HAND.has(field.type) && !field.isMulti,
})

const TEXT_STYLES = ['text', 'code', 'list_bullet', 'list_number', 'list_checkbox'] as const

const noteView = (tenant: TenantContext, entry: StoredEntry, note: ApiNote, index: number): NoteView => {
  const links = (note.links ?? []).map((link) => linkView(tenant, link))
  const style = TEXT_STYLES.find((known) => known === note.type)
  if (style)
    return {
      index,
      kind: 'text',
      style,
      text: note.text ?? '',
      checked: note.checked ?? false,
      indentation: note.indentation,
      links,
    }
  if (note.type === 'table' && note.table)
    return {
      index,
      kind: 'table',
      name: note.table.name ?? '',
      caption: note.text ?? '',
      columns: (note.table.columnLabels ?? note.table.rows[0]?.cells ?? []).map((label) =>
        typeof label === 'string' ? label : '',
      ),
      rows: note.table.rows.map(({ cells }) =>
        cells.map(({ text, link }) => ({ text, link: link ? linkView(tenant, link) : null })),
      ),
    }
  if (note.type === 'app_canvas' && note.canvasId) return { index, kind: 'canvas', canvasId: note.canvasId }
  const file = note.externalFileId === undefined ? undefined : entry.attachments.get(note.externalFileId)
  if (file)
    return {
      index,
      kind: 'attachment',
      attachment: {
        id: file.id,
        name: file.name,
        size: file.content.size,
        type: file.type,
        caption: note.text ?? '',
        scanned: file.scanned,
      },
    }
  return { index, kind: 'other', type: note.type, label: note.text ?? '' }
}

const linkView = ({ objects, entries }: TenantContext, link: ApiLink): LinkView => {
  const linked = link.id === undefined ? undefined : entries.list().find(({ api }) => api.id === link.id)?.api
  const name = link.id === undefined ? null : (linked?.displayId ?? objects.nameOf(link.id))
  return {
    type: link.type,
    id: link.id ?? null,
    label: name ?? link.webURL ?? link.id ?? link.type,
    url: link.webURL,
  }
}
