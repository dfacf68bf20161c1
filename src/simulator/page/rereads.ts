/** Reads something again; asked for meanwhile, once more afterwards, so that the newest answer wins. */
export class Rereads {
  readonly #reading = new Map<string, Promise<void>>()
  readonly #again = new Set<string>()
  readonly #failed: (thrown: unknown) => void

  constructor(failed: (thrown: unknown) => void) {
    this.#failed = failed
  }

  /** What is being read right now may be old already: it is read once more. */
  again(what: string): void {
    if (this.#reading.has(what)) this.#again.add(what)
  }

  read(what: string, read: () => Promise<void>): Promise<void> {
    const underWay = this.#reading.get(what)
    if (underWay) {
      this.#again.add(what)
      return underWay
    }
    const reading = read()
      .catch(this.#failed)
      .finally(() => {
        this.#reading.delete(what)
        if (this.#again.delete(what)) return this.read(what, read)
        return undefined
      })
    this.#reading.set(what, reading)
    return reading
  }
}
