/**
 * One pot of bytes for the whole process. Whoever is about to hold bytes in memory takes them first and gives them
 * back by disposing. First come, first served, so that a large request is not starved by small ones.
 * Take once per unit of work: a nested take can wait for itself.
 */
export class ByteBudget {
  readonly limit: number
  #free: number
  #waiting: { bytes: number; grant: () => void }[] = []

  constructor(limit: number) {
    this.limit = limit
    this.#free = limit
  }

  get used(): number {
    return this.limit - this.#free
  }

  /** Waits until `bytes` are free. A request above the limit is granted alone, when everything else is back. */
  async take(bytes: number, signal?: AbortSignal): Promise<Disposable> {
    const wanted = Math.min(Math.max(0, bytes), this.limit)
    signal?.throwIfAborted()
    if (this.#waiting.length > 0 || wanted > this.#free) {
      await new Promise<void>((resolve, reject) => {
        const abort = () => {
          this.#waiting = this.#waiting.filter((w) => w !== waiter)
          reject(signal?.reason)
          this.#grant()
        }
        const waiter = {
          bytes: wanted,
          grant: () => {
            signal?.removeEventListener('abort', abort)
            resolve()
          },
        }
        this.#waiting.push(waiter)
        signal?.addEventListener('abort', abort, { once: true })
      })
    } else this.#free -= wanted
    let held = true
    return {
      [Symbol.dispose]: () => {
        if (!held) return
        held = false
        this.#free += wanted
        this.#grant()
      },
    }
  }

  #grant(): void {
    for (let first = this.#waiting[0]; first && first.bytes <= this.#free; first = this.#waiting[0]) {
      this.#free -= first.bytes
      this.#waiting.shift()
      first.grant()
    }
  }
}
