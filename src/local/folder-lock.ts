import { DatabaseSync } from 'node:sqlite'
import { type Clock, systemClock } from '../base/clock.ts'
import { Fault } from '../base/fault.ts'

const SQLITE_BUSY = 5
const RETRY_MS = 4
/** Nobody holds the lock for longer than a few small writes take. */
const PATIENCE_MS = 20_000

/**
 * A lock of the operating system on a file, held by this process until released or dead. Taken through SQLite, because
 * Node has no file locks of its own: an exclusive transaction that changes nothing leaves the file empty. Unlike a file
 * with a process id in it, it can neither be left behind nor be mistaken for another container's.
 */
export class FileLock implements Disposable {
  readonly #database: DatabaseSync

  private constructor(database: DatabaseSync) {
    this.#database = database
  }

  /** Null when somebody else, this process included, holds the lock. */
  static tryTake(path: string): FileLock | null {
    const database = new DatabaseSync(path, { timeout: 0 })
    try {
      database.exec('PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE') // no journal file beside the lock
      return new FileLock(database)
    } catch (thrown) {
      database.close()
      if ((thrown as { errcode?: unknown }).errcode === SQLITE_BUSY) return null
      throw thrown
    }
  }

  /** Waits its turn. Throws `store.unavailable` after 20 s. */
  static async take(path: string, signal?: AbortSignal, clock: Clock = systemClock): Promise<FileLock> {
    for (const end = clock.now() + PATIENCE_MS; ; await clock.sleep(RETRY_MS, signal)) {
      const lock = FileLock.tryTake(path)
      if (lock) return lock
      if (clock.now() >= end) throw new Fault('store.unavailable', { problem: 'the registry is locked' })
    }
  }

  [Symbol.dispose](): void {
    if (this.#database.isOpen) this.#database.close()
  }
}

/** One after the other within this process, so that its writers do not poll the lock of each other. */
export class Turns {
  #last: Promise<unknown> = Promise.resolve()

  run<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#last.then(work)
    this.#last = turn.catch(() => {})
    return turn
  }
}
