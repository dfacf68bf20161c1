import {
  type CanvasView,
  type EntryEdit,
  type EntryView,
  type FaultName,
  type FaultView,
  type KeysView,
  PAGE_API,
  PAGE_HEADER,
  PAGE_HEADER_VALUE,
  type PlaceKind,
  type PlaceView,
  type SaveResult,
  type Snapshot,
} from '../page-contract.ts'
import type { PackageView, ServiceReady, TimelineItem } from '../service-view.ts'
import type { InputValue } from './typed-inputs.ts'

/** A refusal of the simulator, in words for people. */
export class Refusal extends Error {}

const request = async <T>(method: string, path: string, body?: unknown): Promise<T> => {
  const raw = body instanceof Blob
  const answer = await fetch(`${PAGE_API}/${path}`, {
    method,
    headers: {
      [PAGE_HEADER]: PAGE_HEADER_VALUE,
      ...(body === undefined
        ? {}
        : { 'content-type': raw ? 'application/octet-stream' : 'application/json' }),
    },
    ...(body === undefined ? {} : { body: raw ? body : JSON.stringify(body) }),
  })
  if (answer.ok) return (await answer.json()) as T
  const said = (await answer.json().catch(() => null)) as {
    error?: { userMessage?: string; message?: string }
  } | null
  throw new Refusal(
    said?.error?.userMessage ?? said?.error?.message ?? `The simulator answered ${answer.status}.`,
  )
}

const id = encodeURIComponent

export const api = {
  snapshot: () => request<Snapshot>('GET', 'state'),
  entry: (entryId: string) => request<EntryView>('GET', `entries/${id(entryId)}`),
  create: (name: string) => request<EntryView>('POST', 'entries', { name }),
  save: (entryId: string, edit: EntryEdit) =>
    request<SaveResult>('POST', `entries/${id(entryId)}/save`, edit),
  attach: (entryId: string, file: File) =>
    request<EntryView>('POST', `entries/${id(entryId)}/attachments?name=${id(file.name)}`, file),
  detach: (entryId: string, attachmentId: string) =>
    request<EntryView>('DELETE', `entries/${id(entryId)}/attachments/${id(attachmentId)}`),
  insertCanvas: (entryId: string, userId: string) =>
    request<CanvasView>('POST', `entries/${id(entryId)}/canvases`, { userId }),
  click: (canvasId: string, buttonId: string, userId: string) =>
    request<CanvasView>('POST', `canvases/${id(canvasId)}/click`, { buttonId, userId }),
  fill: (canvasId: string, values: Readonly<Record<string, InputValue>>) =>
    request<CanvasView>('POST', `canvases/${id(canvasId)}/inputs`, { values }),
  openPlace: (kind: PlaceKind, userId: string, another: boolean) =>
    request<PlaceView>('POST', 'places', { kind, userId, another }),
  fault: (name: FaultName, on: boolean | number) => request<FaultView[]>('POST', 'faults', { name, on }),
  rotateKeys: () => request<KeysView>('POST', 'keys/rotate'),
  timeline: (entryId: string) => request<TimelineItem[]>('GET', `service/entries/${id(entryId)}/timeline`),
  package: (entryId: string, revision: string | null) =>
    request<PackageView | null>(
      'GET',
      `service/entries/${id(entryId)}/package${revision === null ? '' : `?revision=${id(revision)}`}`,
    ),
  ready: () => request<ServiceReady>('GET', 'service/ready'),
}

export const attachmentUrl = (entryId: string, attachmentId: string): string =>
  `${PAGE_API}/entries/${id(entryId)}/attachments/${id(attachmentId)}`

export const fileUrl = (packageName: string, topHash: string, key: string): string =>
  `${PAGE_API}/service/file?package=${id(packageName)}&topHash=${id(topHash)}&key=${id(key)}`

export const STREAM_URL = `${PAGE_API}/stream`
