/**
 * Work of this process on the same records, one after another in the order it came: in DynamoDB it would only meet itself
 * and begin anew. Work of other processes it meets there. Names are taken together, so nobody waits in a circle.
 */
export class Turns {
  readonly #last = new Map<string, Promise<void>>()

  async take<T>(names: readonly string[], work: () => Promise<T>): Promise<T> {
    const own = new Set(names)
    const before = [...own].map((name) => this.#last.get(name))
    const { promise, resolve } = Promise.withResolvers<void>()
    for (const name of own) this.#last.set(name, promise)
    await Promise.all(before)
    try {
      return await work()
    } finally {
      for (const name of own) if (this.#last.get(name) === promise) this.#last.delete(name)
      resolve()
    }
  }
}
