import type {
  CanvasView,
  DeliveryView,
  EntryView,
  PageEvent,
  PlaceKind,
  PlaceView,
} from '../page-contract.ts'
import { type Address, entryAddress, placeAddress } from './address.ts'
import { api, fileUrl, Refusal } from './api.ts'
import { canvasNews } from './canvas-news.ts'
import { type Draft, isChanged, NO_DRAFT } from './drafts.ts'
import { withNewestCanvases, withNewestPlaces } from './newest-canvases.ts'
import { FIRST_STATE, type PageState } from './page-state.ts'
import { personHere } from './people.ts'
import { Rereads } from './rereads.ts'
import { knownCanvases, withCanvas, withPlace } from './shown-canvases.ts'

const NOTICE_MS = 8000

/** What the page knows and how it learns it. Each change calls `changed` once a frame. */
export class Reader {
  state: PageState = FIRST_STATE
  readonly #changed: (state: PageState) => void
  readonly #rereads = new Rereads((thrown) => this.say(thrown))
  protected readonly drafts = new Map<string, Draft>()
  #frame = false
  #ahead = 0
  #noticeTimer = 0

  constructor(changed: (state: PageState) => void) {
    this.#changed = changed
  }

  protected set(change: Partial<PageState>): void {
    this.state = { ...this.state, ...change }
    if (this.#frame) return
    this.#frame = true
    requestAnimationFrame(() => {
      this.#frame = false
      this.#changed(this.state)
    })
  }

  /** Who the address says sits here. */
  sitDown(as: string | null): void {
    this.set({ as })
  }

  readSnapshot = (): Promise<void> =>
    this.#rereads.read('snapshot', async () => {
      const read = await api.snapshot()
      const places = withNewestPlaces(read.places, this.state.snapshot?.places ?? [])
      const snapshot = { ...read, places }
      this.#ahead = snapshot.tenant.now - Date.now()
      this.set({ snapshot, now: snapshot.tenant.now })
    })

  readEntry = (): Promise<void> =>
    this.#rereads.read('entry', async () => {
      const { selected } = this.state
      if (selected === null) return
      const entry = await api.entry(selected)
      this.show(entry)
    })

  readService = (): Promise<void> =>
    this.#rereads.read('service', async () => {
      const { selected, revision, snapshot } = this.state
      if (selected === null || !snapshot?.service) return
      const [timeline, pack] = await Promise.all([api.timeline(selected), api.package(selected, revision)])
      if (selected !== this.state.selected) return
      this.set(revision === this.state.revision ? { timeline, pack } : { timeline })
    })

  /** Time goes by: "2 min ago" becomes three, and the service may have become unready. */
  tick = async (): Promise<void> => {
    this.set({ now: Date.now() + this.#ahead })
    if (!this.state.snapshot?.service || this.state.connection !== 'open') return
    const service = await api.ready().catch(() => null)
    if (service && this.state.snapshot) this.set({ snapshot: { ...this.state.snapshot, service } })
  }

  /** A person chose an entry: the address remembers it. */
  open = (entryId: string): Promise<void> => {
    history.replaceState(null, '', entryAddress(entryId))
    return this.#select(entryId, null)
  }

  /** A person chose a place outside of entries: the app is asked for its canvas where there is none. */
  openPlace = async (place: PlaceKind, another = false): Promise<void> => {
    history.replaceState(null, '', placeAddress(place))
    this.#turnTo({ selected: null, place, revision: null })
    const opened = await api
      .openPlace(place, personHere(this.state).id, another)
      .catch((thrown) => this.say(thrown))
    if (opened) this.#showPlace(opened)
  }

  async #select(entryId: string, revision: string | null): Promise<void> {
    if (entryId === this.state.selected) this.set({ revision })
    else this.#turnTo({ selected: entryId, place: null, revision })
    await Promise.all([this.readEntry(), this.readService()])
  }

  /** Something else is looked at; unsaved changes of the entry that was are kept. */
  #turnTo(to: Pick<PageState, 'selected' | 'place' | 'revision'>): void {
    const { selected, draft } = this.state
    if (selected !== null) this.drafts.set(selected, draft)
    const kept = (to.selected !== null && this.drafts.get(to.selected)) || NO_DRAFT
    if (to.selected !== null) this.drafts.delete(to.selected)
    const unsaved = new Set([...this.drafts].flatMap(([id, other]) => (isChanged(other) ? [id] : [])))
    this.set({ ...to, draft: kept, unsaved, entry: null, timeline: [], pack: null, wanted: '' })
  }

  /** Goes where the address says; without one to the newest entry. Resolves with what is shown, null: nothing fits. */
  go = async (address: Address | null): Promise<Address['kind'] | null> => {
    const entries = this.state.snapshot?.entries ?? []
    if (address?.kind === 'place') {
      await this.openPlace(address.place)
      return 'place'
    }
    if (address?.kind === 'package') {
      const { name, revision, file } = address
      const entryId = await this.#entryOf(name)
      if (entryId !== null) {
        await this.#select(entryId, revision)
        if (file !== null) this.#viewFile(name, revision, file)
        return 'package'
      }
      if (revision !== null && file !== null) this.#viewFile(name, revision, file)
      else this.say(`No entry here has the package ${name}.`)
    }
    const asked = address?.kind === 'entry' ? entries.find(({ id }) => id === address.entryId) : undefined
    const entry =
      asked ?? (this.state.selected === null && this.state.place === null ? entries[0] : undefined)
    if (!entry) return null
    await this.#select(entry.id, null)
    return 'entry'
  }

  /** The entry whose package has this name. Names usually end in the display id, so those are asked first. */
  async #entryOf(name: string): Promise<string | null> {
    const { pack, selected, snapshot } = this.state
    if (pack?.name === name) return selected
    const entries = [...(snapshot?.entries ?? [])]
    entries.sort((a, b) => Number(name.endsWith(b.displayId)) - Number(name.endsWith(a.displayId)))
    for (const { id } of entries) if ((await api.package(id, null))?.name === name) return id
    return null
  }

  /** A file of a revision, whether or not an entry here has the package: the registry may hold those of others too. */
  #viewFile(name: string, revision: string | null, key: string): void {
    const { pack } = this.state
    const shown = pack?.name === name && (revision === null || pack.topHash === revision) ? pack : null
    const file = shown?.files.find(({ logicalKey }) => logicalKey === key)
    const topHash = shown?.topHash ?? revision
    if (topHash === null || (shown && !file)) this.say(`The package ${name} has no file ${key}.`)
    else this.set({ viewing: { title: key, url: fileUrl(name, topHash, key), size: file?.size ?? null } })
  }

  /** What the tenant and the service tell while the page is open. */
  hear(event: PageEvent): void {
    const { snapshot } = this.state
    if (['delivery', 'faults', 'keys', 'place'].includes(event.kind)) this.#rereads.again('snapshot')
    switch (event.kind) {
      case 'hello':
        this.set({ connection: 'open' })
        void Promise.all([this.readSnapshot(), this.readEntry(), this.readService()])
        break
      case 'entry':
        void this.readSnapshot()
        if (event.entryId === this.state.selected) void this.readEntry()
        break
      case 'canvas':
        this.replaceCanvas(event.canvas)
        break
      case 'place':
        this.#showPlace(event.place)
        break
      case 'delivery':
        this.#replaceDelivery(event.delivery)
        break
      case 'faults':
        if (snapshot) this.set({ snapshot: { ...snapshot, faults: event.faults } })
        break
      case 'keys':
        if (snapshot) this.set({ snapshot: { ...snapshot, keys: event.keys } })
        break
      case 'service':
        if (event.activity.entryId === this.state.selected) void this.readService()
        break
      case 'export':
      case 'request':
        break
    }
  }

  disconnected(): void {
    this.set({ connection: 'lost' })
  }

  /** An entry as an answer gave it, if it is still the one that is looked at. */
  protected show(entry: EntryView): void {
    if (entry.id === this.state.selected) this.set({ entry: withNewestCanvases(entry, this.state.entry) })
  }

  protected replaceCanvas(canvas: CanvasView): void {
    const { selected, snapshot, now } = this.state
    const known = knownCanvases(this.state).find(({ id }) => id === canvas.id)
    if (known && canvas.serial <= known.serial) return
    const change = withCanvas(this.state, canvas)
    if (change === null) {
      if (canvas.entryId === selected) void this.readEntry()
      return
    }
    this.set(change)
    const told = { app: snapshot?.tenant.appName ?? 'the app', me: personHere(this.state).name, now }
    const news = known && canvasNews(known, canvas, told)
    if (news) this.set({ news })
  }

  #showPlace(place: PlaceView): void {
    this.set(withPlace(this.state, place))
  }

  #replaceDelivery(delivery: DeliveryView): void {
    const { snapshot } = this.state
    if (!snapshot) return
    const others = snapshot.deliveries.filter((d) => d.id !== delivery.id)
    const deliveries = [delivery, ...others].sort((a, b) => b.at - a.at).slice(0, 100)
    this.set({ snapshot: { ...snapshot, deliveries } })
    if (delivery.entryId === this.state.selected) void this.readService()
  }

  say(what: unknown): void {
    const known = typeof what === 'string' ? what : what instanceof Refusal ? what.message : null
    this.set({ notice: known ?? 'The simulator does not answer.' })
    clearTimeout(this.#noticeTimer)
    this.#noticeTimer = setTimeout(() => this.set({ notice: null }), NOTICE_MS)
  }
}
