import { badRequest } from './api-error.ts'

/** A data event as it is delivered and as `GET /events` remembers it. */
export type DataEvent = {
  readonly id: string
  /** ms since the epoch. */
  readonly createdAt: number
  readonly type: string
  readonly entryId: string
  readonly schema: { readonly id: string; readonly name: string } | null
  readonly updates: readonly string[] | undefined
}

/** Benchling keeps events for about two weeks (benchling-platform.md §4.6). */
const KEPT_MS = 14 * 24 * 3600_000

/** Events in the order they were processed. */
export class EventLog {
  #events: DataEvent[] = []

  add(event: DataEvent): void {
    this.#events = [...this.#events.filter((old) => old.createdAt > event.createdAt - KEPT_MS), event]
  }

  /** Everything after the event `startingAfter`, or at and after a time, of the given types. */
  after(from: { startingAfter?: string; createdAtGte?: number; types?: readonly string[] }): DataEvent[] {
    const index = from.startingAfter ? this.#events.findIndex((event) => event.id === from.startingAfter) : -1
    if (from.startingAfter && index < 0) throw badRequest(`No event ${from.startingAfter}.`)
    return this.#events
      .slice(index + 1)
      .filter(
        (event) => event.createdAt >= (from.createdAtGte ?? 0) && (from.types?.includes(event.type) ?? true),
      )
  }
}
