import type {
  CanvasView,
  DeliveryView,
  EntryEdit,
  EntryView,
  FaultName,
  NoteEdit,
  PackageFile,
  PackageView,
  PageEvent,
  Snapshot,
  TimelineItem,
} from '../page-contract.ts'
import { api, Refusal } from './api.ts'

export type Draft = {
  readonly name?: string
  readonly fields: Readonly<Record<string, string | number | boolean | null>>
  readonly notes: readonly NoteEdit[]
}

const NO_DRAFT: Draft = { fields: {}, notes: [] }

export type PageState = {
  readonly snapshot: Snapshot | null
  readonly entry: EntryView | null
  readonly timeline: readonly TimelineItem[]
  readonly pack: PackageView | null
  readonly draft: Draft
  /** A file of the package or an attachment that is being looked at. */
  readonly viewing: { readonly title: string; readonly url: string; readonly size: number } | null
  /** Something to say, shown for a while. */
  readonly notice: string | null
  readonly connected: boolean
}

const NOTICE_MS = 8000
/** Files of a package that are listed; more are counted. */
export const LISTED_FILES = 200

/** What the page knows, and everything a person can do. Each change calls `changed` once a frame. */
export class Store {
  state: PageState = {
    snapshot: null,
    entry: null,
    timeline: [],
    pack: null,
    draft: NO_DRAFT,
    viewing: null,
    notice: null,
    connected: false,
  }
  readonly #changed: (state: PageState) => void
  #frame = false
  #selected: string | null = null
  #reading = new Map<string, Promise<void>>()
  #again = new Set<string>()
  #noticeTimer = 0

  constructor(changed: (state: PageState) => void) {
    this.#changed = changed
  }

  get dirty(): boolean {
    const { draft } = this.state
    return draft.name !== undefined || draft.notes.length > 0 || Object.keys(draft.fields).length > 0
  }

  #set(change: Partial<PageState>): void {
    this.state = { ...this.state, ...change }
    if (this.#frame) return
    this.#frame = true
    requestAnimationFrame(() => {
      this.#frame = false
      this.#changed(this.state)
    })
  }

  /** Reads something again; asked for meanwhile, once more afterwards. The newest answer wins. */
  #read(what: string, read: () => Promise<void>): Promise<void> {
    const under = this.#reading.get(what)
    if (under) {
      this.#again.add(what)
      return under
    }
    const reading = read()
      .catch((thrown) => this.say(thrown))
      .finally(() => {
        this.#reading.delete(what)
        if (this.#again.delete(what)) void this.#read(what, read)
      })
    this.#reading.set(what, reading)
    return reading
  }

  readSnapshot = (): Promise<void> =>
    this.#read('snapshot', async () => {
      const snapshot = await api.snapshot()
      this.#set({ snapshot })
      if (this.#selected === null && snapshot.entries[0]) await this.select(snapshot.entries[0].id)
    })

  readEntry = (): Promise<void> =>
    this.#read('entry', async () => {
      const selected = this.#selected
      if (selected === null) return
      const entry = await api.entry(selected)
      if (selected === this.#selected) this.#set({ entry })
    })

  readService = (): Promise<void> =>
    this.#read('service', async () => {
      const selected = this.#selected
      if (selected === null || !this.state.snapshot?.service) return
      const [timeline, pack] = await Promise.all([api.timeline(selected), api.package(selected)])
      if (selected === this.#selected) this.#set({ timeline, pack })
    })

  async select(entryId: string): Promise<void> {
    if (entryId !== this.#selected) {
      this.#selected = entryId
      this.#set({ entry: null, timeline: [], pack: null, draft: NO_DRAFT })
    }
    await Promise.all([this.readEntry(), this.readService()])
  }

  /** What the tenant and the service tell while the page is open. */
  hear(event: PageEvent): void {
    switch (event.kind) {
      case 'hello':
        this.#set({ connected: true })
        void this.readSnapshot()
        void this.readEntry()
        void this.readService()
        break
      case 'entry':
        void this.readSnapshot()
        if (event.entryId === this.#selected) void this.readEntry()
        break
      case 'canvas':
        this.#replaceCanvas(event.canvas)
        break
      case 'delivery':
        this.#replaceDelivery(event.delivery)
        break
      case 'faults':
        if (this.state.snapshot) this.#set({ snapshot: { ...this.state.snapshot, faults: event.faults } })
        break
      case 'keys':
        if (this.state.snapshot) this.#set({ snapshot: { ...this.state.snapshot, keys: event.keys } })
        break
      case 'service':
        if (event.activity.entryId === this.#selected) void this.readService()
        break
      case 'export':
      case 'request':
        break
    }
  }

  disconnected(): void {
    this.#set({ connected: false })
  }

  #replaceCanvas(canvas: CanvasView): void {
    const { entry } = this.state
    if (entry === null || canvas.entryId !== entry.id) return
    if (!entry.canvases.some((c) => c.id === canvas.id)) return void this.readEntry()
    this.#set({ entry: { ...entry, canvases: entry.canvases.map((c) => (c.id === canvas.id ? canvas : c)) } })
  }

  #replaceDelivery(delivery: DeliveryView): void {
    const { snapshot } = this.state
    if (!snapshot) return
    const others = snapshot.deliveries.filter((d) => d.id !== delivery.id)
    const deliveries = [delivery, ...others].sort((a, b) => b.at - a.at).slice(0, 100)
    this.#set({ snapshot: { ...snapshot, deliveries } })
    if (delivery.entryId === this.#selected) void this.readService()
  }

  editName(name: string): void {
    const { entry, draft } = this.state
    const { name: _, ...rest } = draft
    this.#set({ draft: name === entry?.name ? rest : { ...draft, name } })
  }

  editField(name: string, value: string | number | boolean | null): void {
    const { draft } = this.state
    this.#set({ draft: { ...draft, fields: { ...draft.fields, [name]: value } } })
  }

  editNote(edit: NoteEdit): void {
    const { draft } = this.state
    const same = (n: NoteEdit) => n.day === edit.day && n.index === edit.index
    const before = draft.notes.find(same)
    const cells = [...(before?.cells ?? []), ...(edit.cells ?? [])]
    const merged = { ...before, ...edit, ...(cells.length > 0 ? { cells } : {}) }
    this.#set({ draft: { ...draft, notes: [...draft.notes.filter((n) => !same(n)), merged] } })
  }

  discard(): void {
    this.#set({ draft: NO_DRAFT })
  }

  save = (): Promise<void> =>
    this.#act(async (entryId) => {
      const { draft } = this.state
      const edit: EntryEdit = {
        ...(draft.name === undefined ? {} : { name: draft.name }),
        ...(Object.keys(draft.fields).length > 0 ? { fields: draft.fields } : {}),
        ...(draft.notes.length > 0 ? { notes: draft.notes } : {}),
      }
      const { entry, deliveryId } = await api.save(entryId, edit)
      this.#set({ entry, draft: NO_DRAFT })
      if (deliveryId === null)
        this.say(
          'Saved. Benchling sends no event for edits of text and tables: press “Update package” on the canvas.',
        )
    })

  append = (kind: 'text' | 'table'): Promise<void> =>
    this.#act(async (entryId) => {
      const note =
        kind === 'text'
          ? { kind, text: 'New observation.' }
          : {
              kind,
              name: 'New table',
              columns: ['Well', 'Value'],
              rows: [
                ['A1', '0.0'],
                ['A2', '0.0'],
              ],
            }
      const { entry } = await api.save(entryId, { append: [note] })
      this.#set({ entry })
    })

  attach = (files: FileList | null): Promise<void> =>
    this.#act(async (entryId) => {
      for (const file of files ?? []) this.#set({ entry: await api.attach(entryId, file) })
    })

  detach = (attachmentId: string): Promise<void> =>
    this.#act(async (entryId) => this.#set({ entry: await api.detach(entryId, attachmentId) }))

  insertCanvas = (): Promise<void> =>
    this.#act(async (entryId) => {
      await api.insertCanvas(entryId)
      await this.readEntry()
    })

  click = (canvasId: string, buttonId: string): Promise<void> =>
    this.#act(async () => this.#replaceCanvas(await api.click(canvasId, buttonId)))

  create = (): Promise<void> =>
    this.#act(async () => {
      const entry = await api.create('Untitled experiment')
      await this.readSnapshot()
      await this.select(entry.id)
    })

  fault = (name: FaultName, on: boolean): Promise<void> =>
    this.#act(async () => {
      const faults = await api.fault(name, on)
      if (this.state.snapshot) this.#set({ snapshot: { ...this.state.snapshot, faults } })
    })

  rotateKeys = (): Promise<void> =>
    this.#act(async () => {
      await api.rotateKeys()
      this.say('The tenant signs with new keys from now on.')
    })

  view(title: string, url: string, size: PackageFile['size']): void {
    this.#set({ viewing: { title, url, size } })
  }

  closeView(): void {
    this.#set({ viewing: null })
  }

  say(what: unknown): void {
    const notice =
      typeof what === 'string'
        ? what
        : what instanceof Refusal
          ? what.message
          : 'The simulator does not answer.'
    this.#set({ notice })
    clearTimeout(this.#noticeTimer)
    this.#noticeTimer = setTimeout(() => this.#set({ notice: null }), NOTICE_MS)
  }

  async #act(work: (entryId: string) => Promise<void>): Promise<void> {
    try {
      await work(this.#selected ?? '')
    } catch (thrown) {
      this.say(thrown)
    }
  }
}
