import type { ErrorCode } from '../base/errors.ts'
import type { JsonObject } from '../base/json.ts'
import type { Key } from './ports.ts'

/** What a worker of this process just did: for timelines and terminals. The records stay the truth. */
export type Activity = {
  readonly at: number
  readonly key: Key
  readonly run: string
  readonly kind: 'claimed' | 'step' | 'progress' | 'done' | 'failed' | 'buried' | 'released'
  /** Name of the step. */
  readonly step?: string
  /** Duration of the step or of the attempt. */
  readonly ms?: number
  /** Of a run that is claimed for the first time: how long ago the oldest event behind it happened. */
  readonly waitedMs?: number
  readonly summary?: JsonObject
  /** Code of the fault of a failed, buried or lost run. */
  readonly code?: ErrorCode
}

export type ActivityListener = (activity: Activity) => void

/** Listeners in the order they came. One that throws disturbs neither the worker nor the others. */
export class ActivityFeed {
  readonly #listeners = new Set<ActivityListener>()

  /** Returns the function that ends the subscription. */
  readonly subscribe = (listener: ActivityListener): (() => void) => {
    this.#listeners.add(listener)
    return () => {
      this.#listeners.delete(listener)
    }
  }

  emit(activity: Activity): void {
    for (const listener of this.#listeners) {
      try {
        listener(activity)
      } catch {
        this.#listeners.delete(listener)
      }
    }
  }
}
