import { Fault } from '../base/fault.ts'
import type { ObjectHash } from '../quilt/types.ts'
import type { Upload } from '../registry/ports.ts'

/** How the bytes of one upload travel. */
export interface Carrier {
  /** Must not keep `chunk` after it resolves. */
  write(chunk: Uint8Array): Promise<void>
  /** Everything is written: makes the object visible, returns its physical key. */
  finish(hash: ObjectHash): Promise<string>
  /** Leaves nothing behind; never throws. */
  discard(): Promise<void>
}

/** The port's rules about sizes and ends, over any carrier. */
export class S3Upload implements Upload {
  readonly #carrier: Carrier
  readonly #size: number
  #written = 0
  #committed: Promise<string> | undefined
  #aborted: Promise<void> | undefined

  constructor(size: number, carrier: Carrier) {
    this.#size = size
    this.#carrier = carrier
  }

  async write(chunk: Uint8Array): Promise<void> {
    this.#written += chunk.length
    if (this.#written > this.#size) throw this.#wrongSize()
    await this.#carrier.write(chunk)
  }

  commit(hash: ObjectHash): Promise<string> {
    if (this.#aborted) return Promise.reject(new Error('the upload was aborted'))
    this.#committed ??= this.#finish(hash)
    return this.#committed
  }

  async abort(): Promise<void> {
    if (this.#committed) {
      await this.#committed.catch(() => {})
      return
    }
    this.#aborted ??= this.#carrier.discard()
    await this.#aborted
  }

  async #finish(hash: ObjectHash): Promise<string> {
    try {
      if (this.#written !== this.#size) throw this.#wrongSize()
      return await this.#carrier.finish(hash)
    } catch (thrown) {
      await this.#carrier.discard()
      throw thrown
    }
  }

  #wrongSize(): Fault {
    return new Fault('store.corrupt', {
      problem: 'other bytes were written than promised',
      promised: this.#size,
      written: this.#written,
    })
  }
}
