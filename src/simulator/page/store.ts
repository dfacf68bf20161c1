import type { FaultName, NoteEdit } from '../page-contract.ts'
import { api } from './api.ts'
import { editOf, type FieldValue, isChanged, NO_DRAFT, withField, withName, withNote } from './drafts.ts'
import type { Viewed } from './page-state.ts'
import { Reader } from './reader.ts'

/** Everything a person can do on the page. */
export class Store extends Reader {
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
      await api.insertCanvas(entryId)
      await this.readEntry()
    })

  click = (canvasId: string, buttonId: string): Promise<void> =>
    this.#act(async () => this.replaceCanvas(await api.click(canvasId, buttonId)))

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

  find(wanted: string): void {
    this.set({ wanted })
  }

  view(viewing: Viewed | null): void {
    this.set({ viewing })
  }

  async #act(work: (entryId: string) => Promise<void>): Promise<void> {
    try {
      await work(this.state.selected ?? '')
    } catch (thrown) {
      this.say(thrown)
    }
  }
}
