import { mkdir, open } from 'node:fs/promises'
import { dirname } from 'node:path'

/** Makes the names in a folder durable: a renamed file may otherwise be gone after a power cut. */
export const syncFolder = async (path: string): Promise<void> => {
  const folder = await open(path, 'r')
  try {
    await folder.sync()
  } finally {
    await folder.close()
  }
}

/** Folders known to exist durably, so that each is made and synced once, and their syncs, shared by who asks at once. */
export class DurableFolders {
  readonly #made = new Map<string, Promise<void>>()
  readonly #syncing = new Map<string, Promise<void>>()
  readonly #waiting = new Map<string, Promise<void>>()

  /** Makes a folder and its parents, down from `root`, and their names durable. */
  make(path: string, root: string): Promise<void> {
    const made = this.#made.get(path) ?? this.#make(path, root)
    this.#made.set(path, made)
    made.catch(() => this.#made.delete(path))
    return made
  }

  /**
   * As `syncFolder`. While a sync of the folder is under way, all who ask wait for one more together: the one under way
   * may have begun before their file was there.
   */
  sync(path: string): Promise<void> {
    const waiting = this.#waiting.get(path)
    if (waiting) return waiting
    const under = this.#syncing.get(path)
    if (!under) return this.#sync(path)
    const next = under
      .catch(() => {})
      .then(() => {
        this.#waiting.delete(path)
        return this.#sync(path)
      })
    this.#waiting.set(path, next)
    return next
  }

  /** This folder is removed. */
  gone(path: string): void {
    this.#made.delete(path)
  }

  /** Somebody removed folders: what was known no longer counts. */
  forget(): void {
    this.#made.clear()
  }

  #sync(path: string): Promise<void> {
    const syncing = syncFolder(path).finally(() => {
      if (this.#syncing.get(path) === syncing) this.#syncing.delete(path)
    })
    this.#syncing.set(path, syncing)
    return syncing
  }

  async #make(path: string, root: string): Promise<void> {
    if (path === root) {
      await mkdir(path, { recursive: true })
      return
    }
    const parent = dirname(path)
    await this.make(parent, root)
    await mkdir(path, { recursive: true })
    await syncFolder(parent)
  }
}
