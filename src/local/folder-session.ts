import { randomUUID } from 'node:crypto'
import { access, mkdir, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { isMissing } from './folder-faults.ts'
import type { FolderLayout } from './folder-layout.ts'
import { FileLock } from './folder-lock.ts'

/**
 * The unfinished files of one open store. They lie in a folder of their own, whose lock the process holds while it lives:
 * whoever opens the registry later knows by the lock, not by age or process id, which leftovers belong to nobody.
 */
export class FolderSession {
  readonly #folder: string
  readonly #lock: FileLock
  #count = 0

  private constructor(folder: string, lock: FileLock) {
    this.#folder = folder
    this.#lock = lock
  }

  /** Opens a session and removes those of dead processes. */
  static async open(layout: FolderLayout): Promise<FolderSession> {
    await mkdir(layout.partial, { recursive: true })
    using _turn = await FileLock.take(layout.lock)
    await sweep(layout.partial)
    const folder = join(layout.partial, randomUUID())
    const lock = FileLock.tryTake(`${folder}.lock`)
    if (!lock) throw new Error('a new session is locked by somebody else')
    await mkdir(folder)
    return new FolderSession(folder, lock)
  }

  /** False when somebody removed the registry, or our folder in it. */
  async isThere(): Promise<boolean> {
    try {
      await access(this.#folder)
      return true
    } catch (thrown) {
      if (isMissing(thrown)) return false
      throw thrown
    }
  }

  /** A path nobody else uses. */
  partialPath(): string {
    this.#count += 1
    return join(this.#folder, String(this.#count))
  }

  /** Whether another store, of this process or another, is open on the folder. Must be asked under the registry's lock. */
  async isAlone(layout: FolderLayout): Promise<boolean> {
    const names = await readdir(layout.partial)
    const locks = names.filter((name) => name.endsWith('.lock')).map((name) => join(layout.partial, name))
    return locks.every((path) => path === `${this.#folder}.lock` || isFree(path))
  }

  /** Removes what is unfinished and lets the lock go. */
  async close(): Promise<void> {
    await rm(this.#folder, { recursive: true, force: true })
    await rm(`${this.#folder}.lock`, { force: true })
    this.#lock[Symbol.dispose]()
  }
}

const isFree = (path: string): boolean => {
  using lock = FileLock.tryTake(path)
  return lock !== null
}

/** Must run under the registry's lock: a session that is being opened has its lock file before its folder. */
const sweep = async (partial: string): Promise<void> => {
  const names = await readdir(partial)
  const sessions = new Set(names.map((name) => name.replace(/\.lock$/, '')))
  for (const session of sessions) {
    using lock = FileLock.tryTake(join(partial, `${session}.lock`))
    if (!lock) continue
    await rm(join(partial, session), { recursive: true, force: true })
    await rm(join(partial, `${session}.lock`), { force: true })
  }
}
