/** Values up to a number: when full, the one that was longest not asked for goes. */
export class LeastRecent<K, V> {
  readonly #max: number
  readonly #held = new Map<K, V>()

  constructor(max: number) {
    this.#max = max
  }

  get(key: K): V | undefined {
    const value = this.#held.get(key)
    if (value === undefined) return undefined
    this.#held.delete(key)
    this.#held.set(key, value)
    return value
  }

  set(key: K, value: V): void {
    this.#held.delete(key)
    this.#held.set(key, value)
    for (const oldest of this.#held.keys()) {
      if (this.#held.size <= this.#max) return
      this.#held.delete(oldest)
    }
  }

  delete(key: K): void {
    this.#held.delete(key)
  }
}
