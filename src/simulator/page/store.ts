import type { CanvasView, FaultName, NoteEdit } from '../page-contract.ts'
import { addressAs, packageAddress, parseAddress } from './address.ts'
import { api } from './api.ts'
import { editOf, type FieldValue, isChanged, NO_DRAFT, withField, withName, withNote } from './drafts.ts'
import type { Viewed } from './page-state.ts'
import { personHere } from './people.ts'
import { Reader } from './reader.ts'
import { knownCanvases } from './shown-canvases.ts'
import { type InputValue, unsentValues, withoutCanvas, withTyped } from './typed-inputs.ts'

/** What is typed into a canvas is kept by the tenant after this pause. */
const TYPING_PAUSE_MS = 250

/** Everything a person can do on the page. */
export class Store extends Reader {
  #pause = 0
  readonly #pressing = new Set<string>()
  #keeping: Promise<void> = Promise.resolve()

  get dirty(): boolean {
    return isChanged(this.state.draft)
  }

  editName(name: string): void {
    const { entry, draft } = this.state
    if (entry) this.set({ draft: withName(draft, entry, name) })
  }

  editField(name: string, value: FieldValue): void {
    const { entry, draft } = this.state
    if (entry) this.set({ draft: withField(draft, entry, name, value) })
  }

  editNote(edit: NoteEdit): void {
    this.set({ draft: withNote(this.state.draft, edit) })
  }

  discard(): void {
    this.set({ draft: NO_DRAFT })
  }

  save = (): Promise<void> =>
    this.#act(async (entryId) => {
      const { entry, deliveryId } = await api.save(entryId, editOf(this.state.draft))
      if (entryId === this.state.selected) this.set({ draft: NO_DRAFT })
      else this.drafts.delete(entryId)
      this.show(entry)
      if (deliveryId === null)
        this.say(
          'Saved. Benchling sends no event for edits of text and tables: press “Update package” on the canvas.',
        )
    })

  append = (kind: 'text' | 'table'): Promise<void> =>
    this.#act(async (entryId) => {
      const rows = [
        ['A1', '0.0'],
        ['A2', '0.0'],
      ]
      const note =
        kind === 'text'
          ? { kind, text: 'New observation.' }
          : { kind, name: 'New table', columns: ['Well', 'Value'], rows }
      const { entry } = await api.save(entryId, { append: [note] })
      this.show(entry)
    })

  attach = (files: FileList | null): Promise<void> =>
    this.#act(async (entryId) => {
      for (const file of files ?? []) this.show(await api.attach(entryId, file))
    })

  detach = (attachmentId: string): Promise<void> =>
    this.#act(async (entryId) => this.show(await api.detach(entryId, attachmentId)))

  insertCanvas = (): Promise<void> =>
    this.#act(async (entryId) => {
      await api.insertCanvas(entryId, personHere(this.state).id)
      await this.readEntry()
    })

  click = (canvasId: string, buttonId: string): Promise<void> =>
    this.#act(async () => {
      // The second half of a double click.
      if (this.#pressing.has(canvasId)) return
      this.#pressing.add(canvasId)
      try {
        await this.#keepTyped(canvasId)
        this.replaceCanvas(await api.click(canvasId, buttonId, personHere(this.state).id))
        this.set({ typed: withoutCanvas(this.state.typed, canvasId) })
      } finally {
        this.#pressing.delete(canvasId)
      }
    })

  /** What is typed into a block of a canvas; while somebody waits there, it is kept here only. */
  type(canvas: CanvasView, blockId: string, value: InputValue): void {
    this.set({ typed: withTyped(this.state.typed, canvas.id, blockId, value) })
    clearTimeout(this.#pause)
    // Where the canvas was locked meanwhile it stays here, and goes with the next press.
    this.#pause = setTimeout(() => void this.#keepTyped(canvas.id).catch(() => {}), TYPING_PAUSE_MS)
  }

  /** One after the other, so that no older text follows a press. */
  #keepTyped(canvasId: string): Promise<void> {
    clearTimeout(this.#pause)
    this.#keeping = this.#keeping.catch(() => {}).then(() => this.#sendTyped(canvasId))
    return this.#keeping
  }

  async #sendTyped(canvasId: string): Promise<void> {
    const canvas = knownCanvases(this.state).find(({ id }) => id === canvasId)
    if (!canvas?.enabled) return
    const values = unsentValues(canvas, this.state.typed)
    if (Object.keys(values).length > 0) this.replaceCanvas(await api.fill(canvasId, values))
  }

  /** Somebody else sits in front of this tab from now on; the address remembers it. */
  become(handle: string): void {
    history.replaceState(null, '', addressAs(handle, location.hash))
    this.set({ as: handle })
  }

  create = (): Promise<void> =>
    this.#act(async () => {
      const entry = await api.create('Untitled experiment')
      await this.readSnapshot()
      await this.open(entry.id)
    })

  fault = (name: FaultName, on: boolean): Promise<void> =>
    this.#act(async () => {
      const faults = await api.fault(name, on)
      if (this.state.snapshot) this.set({ snapshot: { ...this.state.snapshot, faults } })
    })

  rotateKeys = (): Promise<void> =>
    this.#act(async () => {
      await api.rotateKeys()
      this.say('The tenant signs with new keys from now on.')
    })

  /** Everything works again. */
  mend = (): Promise<void> =>
    this.#act(async () => {
      for (const { name, on } of this.state.snapshot?.faults ?? []) if (on) await api.fault(name, false)
    })

  foldFaults(): void {
    this.set({ faultsOpen: !this.state.faultsOpen })
  }

  find(wanted: string): void {
    this.set({ wanted })
  }

  /** Looks at a file, or no longer; then the address no longer names it either. */
  view(viewing: Viewed | null): void {
    this.set({ viewing })
    const asked = parseAddress(location.hash)
    if (viewing === null && asked?.kind === 'package' && asked.file !== null)
      history.replaceState(null, '', packageAddress(asked.name, asked.revision))
  }

  async #act(work: (entryId: string) => Promise<void>): Promise<void> {
    try {
      await work(this.state.selected ?? '')
    } catch (thrown) {
      this.say(thrown)
    }
  }
}
