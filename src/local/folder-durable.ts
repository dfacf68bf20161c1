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

/** Folders known to exist durably, so that each is made and synced once. */
export class DurableFolders {
  readonly #made = new Map<string, Promise<void>>()

  /** Makes a folder and its parents, down from `root`, and their names durable. */
  make(path: string, root: string): Promise<void> {
    const made = this.#made.get(path) ?? this.#make(path, root)
    this.#made.set(path, made)
    made.catch(() => this.#made.delete(path))
    return made
  }

  /** Somebody removed folders: what was known no longer counts. */
  forget(): void {
    this.#made.clear()
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
