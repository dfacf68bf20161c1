import { abortable } from './abortable.ts'

type Flight<T> = { readonly work: Promise<T>; readonly control: AbortController; waiting: number }

/** Work that is done once for all who ask for it at the same time. It is aborted when nobody waits for it any more. */
export class SingleFlight<T> {
  readonly #flights = new Map<string, Flight<T>>()

  /** Begins `work`, or joins what is under way under this key. Throws what it throws, and the signal's reason. */
  async run(key: string, signal: AbortSignal, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    signal.throwIfAborted()
    const flight = this.#flights.get(key) ?? this.#begin(key, work)
    flight.waiting++
    try {
      return await abortable(flight.work, signal)
    } finally {
      if (--flight.waiting === 0) this.#end(key, flight)
    }
  }

  #begin(key: string, work: (signal: AbortSignal) => Promise<T>): Flight<T> {
    const control = new AbortController()
    const flight = { work: work(control.signal), control, waiting: 0 }
    this.#flights.set(key, flight)
    return flight
  }

  #end(key: string, flight: Flight<T>): void {
    if (this.#flights.get(key) === flight) this.#flights.delete(key)
    flight.control.abort()
  }
}
