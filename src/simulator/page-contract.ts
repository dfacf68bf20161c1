/**
 * What the notebook page and the simulator say to each other: JSON under `/simulator/api/`. What they show of the service
 * is in `service-view.ts`. Types only, so that the page (browser) and the simulator (Node) share it.
 *
 * Every request that changes something carries `PAGE_HEADER: PAGE_HEADER_VALUE` and comes from the page's own origin.
 *
 * | request                                              | answer                  |
 * |------------------------------------------------------|-------------------------|
 * | GET    state                                         | `Snapshot`              |
 * | GET    stream                                        | server-sent `PageEvent`, one JSON a message, no event name |
 * | POST   entries                     `NewEntry`        | `EntryView`             |
 * | GET    entries/:id                                   | `EntryView`             |
 * | POST   entries/:id/save            `EntryEdit`       | `SaveResult`            |
 * | POST   entries/:id/attachments?name=  (raw bytes)    | `EntryView`             |
 * | GET    entries/:id/attachments/:attachmentId         | the bytes, safe to view |
 * | DELETE entries/:id/attachments/:attachmentId         | `EntryView`             |
 * | POST   entries/:id/canvases        `InsertRequest`   | `CanvasView`            |
 * | POST   canvases/:id/click          `ClickRequest`    | `CanvasView`            |
 * | POST   canvases/:id/inputs         `InputsRequest`   | `CanvasView`            |
 * | POST   places                      `PlaceRequest`    | `PlaceView`             |
 * | POST   faults                      `FaultRequest`    | `FaultView[]`           |
 * | POST   keys/rotate                                   | `KeysView`              |
 * | GET    service/ready                                 | `ServiceReady`          |
 * | GET    service/entries/:id/timeline                  | `TimelineItem[]`        |
 * | GET    service/entries/:id/package?revision=          | `PackageView` or `null` |
 * | GET    service/file?package=&topHash=&key=           | the bytes, safe to view |
 *
 * Refusals are `{ error: { type, message, userMessage } }` with a fitting status; `userMessage` is for people.
 * Without a service behind it, everything under `service/` is 404.
 */

import type { FaultName } from './fault-names.ts'
import type { ServiceActivity, ServiceReady } from './service-view.ts'

export const PAGE_API = '/simulator/api'
export const PAGE_HEADER = 'x-simulator-page'
export const PAGE_HEADER_VALUE = '1'
/** Largest attachment the page may upload, in bytes. */
export const MAX_UPLOAD_BYTES = 64 * 1024 * 1024

/** Times are milliseconds since the epoch unless a name says otherwise. */
export type Snapshot = {
  readonly tenant: TenantView
  /** Newest display id first. */
  readonly entries: readonly EntrySummary[]
  /** The places outside of entries that were opened. */
  readonly places: readonly PlaceView[]
  /** Who may sit in front of the page; the first unless it says otherwise. */
  readonly people: readonly PersonView[]
  /** Newest first, at most 100. */
  readonly deliveries: readonly DeliveryView[]
  readonly faults: readonly FaultView[]
  readonly keys: KeysView
  /** Null when no service is attached to the page. */
  readonly service: ServiceReady | null
}

export type TenantView = {
  /** `acme.benchling.test` */
  readonly host: string
  readonly appName: string
  readonly webhookUrl: string | null
  readonly routing: 'suffixed' | 'stable'
  readonly legacy: boolean
  /** The tenant's own clock. */
  readonly now: number
}

export type PersonView = { readonly id: string; readonly handle: string; readonly name: string }

export type EntrySummary = {
  readonly id: string
  readonly displayId: string
  readonly name: string
  readonly author: string
  readonly modifiedAt: number
  readonly attachments: number
}

export type EntryView = EntrySummary & {
  readonly createdAt: number
  readonly schema: string | null
  readonly fields: readonly FieldView[]
  readonly days: readonly DayView[]
  readonly canvases: readonly CanvasView[]
}

export type FieldView = {
  readonly name: string
  /** Benchling's field type: text, integer, float, date, dropdown, entity_link ... */
  readonly type: string
  readonly value: string | number | boolean | readonly string[] | null
  /** What a person sees: the name of a linked object rather than its id. */
  readonly display: string
  readonly unit: string | null
  /** Links and multi-selects are shown but not edited on the page. */
  readonly editable: boolean
}

export type DayView = {
  readonly date: string
  readonly title: string | null
  readonly notes: readonly NoteView[]
}

export type LinkView = {
  readonly type: string
  readonly id: string | null
  /** Name of the linked object, or the address of a hyperlink. */
  readonly label: string
  readonly url: string | null
}

/** One part of a day. `index` is its place in the day, used by `NoteEdit`. */
export type NoteView = { readonly index: number } & (
  | {
      readonly kind: 'text'
      readonly style: 'text' | 'code' | 'list_bullet' | 'list_number' | 'list_checkbox'
      readonly text: string
      readonly checked: boolean
      readonly indentation: number
      readonly links: readonly LinkView[]
    }
  | {
      readonly kind: 'table'
      readonly name: string
      readonly caption: string
      readonly columns: readonly string[]
      readonly rows: readonly (readonly { readonly text: string; readonly link: LinkView | null }[])[]
    }
  | { readonly kind: 'attachment'; readonly attachment: AttachmentView }
  | { readonly kind: 'canvas'; readonly canvasId: string }
  /** A part the page does not draw: results table, chart, run ... */
  | { readonly kind: 'other'; readonly type: string; readonly label: string }
)

export type AttachmentView = {
  readonly id: string
  readonly name: string
  readonly size: number
  readonly type: string
  readonly caption: string
  /** False while Benchling still scans it for viruses: exports leave it out. */
  readonly scanned: boolean
}

/** The app's homepage, or a step of a run. */
export type PlaceKind = 'home' | 'run'

export type PlaceView = {
  readonly kind: PlaceKind
  readonly featureId: string
  readonly resourceId: string
  /** Null until the app created it. */
  readonly canvas: CanvasView | null
}

export type CanvasView = {
  readonly id: string
  /** The entry it sits in; outside of entries the id of the place. */
  readonly entryId: string
  readonly featureId: string
  readonly enabled: boolean
  /** True until the app has drawn it for the first time: "Waiting for <app> …". */
  readonly waiting: boolean
  readonly archived: boolean
  /** Blocks exactly as the app sent them (Benchling v2 UiBlock). */
  readonly blocks: readonly CanvasBlock[]
  readonly session: SessionView | null
  /** What locked it; null while it is enabled. */
  readonly pressed: PressView | null
  readonly updatedAt: number
  /** Grows with every change: of two tellings the one with the larger number is newer. */
  readonly serial: number
}

/** `by`: the name of whoever pressed, null where the page does not know them. `text`: the words of the button. */
export type PressView = { readonly by: string | null; readonly text: string }

/** A block of any of the 13 types; what a type lacks is absent. */
export type CanvasBlock = {
  readonly type: string
  readonly id?: string
  readonly enabled?: boolean | null
  readonly text?: string
  readonly value?: string | readonly string[] | null
  readonly label?: string | null
  readonly placeholder?: string | null
  readonly required?: boolean | null
  readonly options?: readonly string[]
  readonly children?: readonly CanvasBlock[]
  readonly [other: string]: unknown
}

export type SessionView = {
  readonly id: string
  readonly name: string
  readonly status: 'RUNNING' | 'SUCCEEDED' | 'FAILED' | 'COMPLETED_WITH_WARNINGS' | 'TIMEOUT'
  readonly messages: readonly { readonly content: string; readonly style: string }[]
  /** A session that still runs then has timed out. */
  readonly timesOutAt: number
}

/** One message to the app, and every attempt to deliver it. */
export type DeliveryView = {
  /** The webhook-id: the same for every attempt. */
  readonly id: string
  readonly type: string
  /** Entry it is about, where there is one. */
  readonly entryId: string | null
  readonly at: number
  readonly attempts: readonly DeliveryAttempt[]
  /** When it is sent again, null: not planned. */
  readonly nextAt: number | null
  readonly state: 'sending' | 'delivered' | 'waiting' | 'given-up' | 'no-address'
}

export type DeliveryAttempt = {
  readonly at: number
  /** Null: no answer within 3 s, or no connection. */
  readonly status: number | null
  readonly ms: number
}

export type { FaultName }

export type FaultView = {
  readonly name: FaultName
  /** Short, for a chip: "429 from API". */
  readonly label: string
  /** One sentence: what happens while it is on. */
  readonly description: string
  readonly on: boolean
  /** How often it still strikes before it turns itself off; null: until it is switched off. */
  readonly left: number | null
}

export type KeysView = { readonly rotatedAt: number | null; readonly keyIds: readonly string[] }

export type NewEntry = { readonly name: string }

/** A change a person makes on the page. What is left out stays. */
export type EntryEdit = {
  readonly name?: string
  readonly fields?: Readonly<Record<string, string | number | boolean | null>>
  readonly notes?: readonly NoteEdit[]
  readonly append?: readonly NewNote[]
}

export type NoteEdit = {
  readonly day: number
  readonly index: number
  readonly text?: string
  readonly checked?: boolean
  readonly cells?: readonly { readonly row: number; readonly column: number; readonly text: string }[]
}

/** Goes to the end of the last day. */
export type NewNote =
  | { readonly kind: 'text'; readonly text: string }
  | {
      readonly kind: 'table'
      readonly name: string
      readonly columns: readonly string[]
      readonly rows: readonly (readonly string[])[]
    }

export type SaveResult = {
  readonly entry: EntryView
  /** Null when Benchling sends no event: only text, tables or attachments changed. */
  readonly deliveryId: string | null
}

export type ClickRequest = { readonly buttonId: string; readonly userId?: string }
export type InsertRequest = { readonly userId?: string }
/** `another`: a new run, also where one is open. */
export type PlaceRequest = {
  readonly kind: PlaceKind
  readonly userId?: string
  readonly another?: boolean
}
export type InputsRequest = { readonly values: Readonly<Record<string, string | readonly string[] | null>> }
/** `on: 3` strikes three times and turns itself off. */
export type FaultRequest = { readonly name: FaultName; readonly on: boolean | number }

/** What the stream says. The page re-reads what is named rather than patching its copy. */
export type PageEvent =
  | { readonly kind: 'hello'; readonly now: number }
  | { readonly kind: 'entry'; readonly entryId: string; readonly at: number }
  | { readonly kind: 'canvas'; readonly canvas: CanvasView }
  | { readonly kind: 'place'; readonly place: PlaceView }
  | { readonly kind: 'delivery'; readonly delivery: DeliveryView }
  | { readonly kind: 'request'; readonly request: RequestView }
  | {
      readonly kind: 'export'
      readonly entryId: string
      readonly taskId: string
      readonly state: 'running' | 'succeeded' | 'failed'
      readonly at: number
      readonly bytes: number | null
    }
  | { readonly kind: 'faults'; readonly faults: readonly FaultView[] }
  | { readonly kind: 'keys'; readonly keys: KeysView }
  | { readonly kind: 'service'; readonly activity: ServiceActivity }

/** One request the service made of the tenant. The path is without its query. */
export type RequestView = {
  readonly at: number
  readonly method: string
  readonly path: string
  readonly status: number
  readonly ms: number
  /** The fault that struck it, if one did. */
  readonly fault: FaultName | null
}
