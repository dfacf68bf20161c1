import type { Clock } from '../base/clock.ts'
import { asFault, type Fault } from '../base/fault.ts'
import { faultFields, type Logger } from '../base/log.ts'
import { collectFound, type FoundPackage, type FoundPackages, type PackageQuery } from './package-query.ts'

/** What is known of a value now. */
export type KnownPackages = {
  readonly packages: readonly FoundPackage[]
  readonly complete: boolean
  /** When these were found, ms since the epoch; null when nothing was found out yet. */
  readonly at: number | null
  /** Why the newest search, or a part of it, failed; null when it did not. */
  readonly warning: Fault | null
  /** A search is under way or waits for its turn. */
  readonly searching: boolean
}

/** A query that answers at once with what it knows, and looks again by itself. */
export interface CachedQuery {
  /** Never waits and never throws. Starts a search where the answer is old or missing. */
  peek(value: string): KnownPackages
  /** Told the value when a search made its answer another one. Returns how to stop. */
  onChange(listener: (value: string) => void): () => void
  /** Ends all searches, and resolves when they have ended. */
  close(): Promise<void>
}

/** How old an answer may be before a look at it starts the next search. */
export const REFRESH_AFTER_MS = 60_000
/** A look at an answer younger than this is one of the looks that the answer itself caused. */
const ANSWERED_JUST_NOW_MS = 5_000
/** Values whose answers are kept, the ones looked at last. */
const VALUES_HELD = 1_000
/** Searches at the same time: Athena has a limit for the whole account. */
const SEARCHES_AT_ONCE = 4
/** First pause before a failed search is repeated without being asked; it doubles. */
const RETRY_FIRST_MS = 60_000
const RETRY_CAP_MS = 30 * 60_000
/** Together about two hours; after that the next look tries. */
const RETRIES = 8

type Held = {
  answer: FoundPackages | null
  at: number | null
  warning: Fault | null
  failures: number
  triedAt: number | null
  searching: boolean
  later: AbortController | null
}

/**
 * Keeps the answers of a query by value: one search for all who ask, the old answer served while a new one is sought. A
 * failure keeps the last good answer, and stands beside it as a warning.
 */
export const cachedQuery = (
  query: PackageQuery,
  o: { readonly clock: Clock; readonly log: Logger; readonly refreshAfterMs?: number },
): CachedQuery => new Cache(query, o.clock, o.log, o.refreshAfterMs ?? REFRESH_AFTER_MS)

class Cache implements CachedQuery {
  readonly #query: PackageQuery
  readonly #clock: Clock
  readonly #log: Logger
  readonly #refreshAfterMs: number
  readonly #held = new Map<string, Held>()
  readonly #waiting = new Set<string>()
  readonly #running = new Set<Promise<void>>()
  readonly #listeners = new Set<(value: string) => void>()
  readonly #closing = new AbortController()

  constructor(query: PackageQuery, clock: Clock, log: Logger, refreshAfterMs: number) {
    this.#query = query
    this.#clock = clock
    this.#log = log
    this.#refreshAfterMs = refreshAfterMs
  }

  peek(value: string): KnownPackages {
    const held = this.#hold(value)
    this.#freshen(value, held)
    const { answer, at, warning, searching } = held
    return { packages: answer?.packages ?? [], complete: answer?.complete ?? false, at, warning, searching }
  }

  onChange(listener: (value: string) => void): () => void {
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }

  async close(): Promise<void> {
    this.#closing.abort()
    this.#waiting.clear()
    for (const { later } of this.#held.values()) later?.abort()
    await Promise.all(this.#running)
  }

  #hold(value: string): Held {
    const known = this.#held.get(value)
    if (known) this.#held.delete(value)
    const held = known ?? {
      answer: null,
      at: null,
      warning: null,
      failures: 0,
      triedAt: null,
      searching: false,
      later: null,
    }
    this.#held.set(value, held)
    for (const [oldest, { later }] of this.#held) {
      if (this.#held.size <= VALUES_HELD) break
      this.#held.delete(oldest)
      this.#waiting.delete(oldest)
      later?.abort()
    }
    return held
  }

  #freshen(value: string, held: Held): void {
    if (held.searching) return
    const age = held.triedAt === null ? null : this.#clock.now() - held.triedAt
    // Negative after the clock was set back.
    if (age === null || age < 0 || age >= this.#refreshAfterMs) this.#search(value, held)
    // Something made somebody look: what it was may not have been there at the last search.
    else if (age >= ANSWERED_JUST_NOW_MS) this.#searchIn(this.#refreshAfterMs - age, value, held)
  }

  #searchIn(ms: number, value: string, held: Held): void {
    if (held.later || this.#closing.signal.aborted) return
    const later = new AbortController()
    held.later = later
    void this.#clock.sleep(ms, later.signal).then(
      () => {
        if (held.later === later && !held.searching) this.#search(value, held)
      },
      () => {},
    )
  }

  #search(value: string, held: Held): void {
    if (this.#closing.signal.aborted) return
    held.later?.abort()
    held.later = null
    held.searching = true
    this.#waiting.add(value)
    this.#fillLanes()
  }

  #fillLanes(): void {
    for (const value of this.#waiting) {
      if (this.#running.size >= SEARCHES_AT_ONCE) return
      this.#waiting.delete(value)
      const held = this.#held.get(value)
      if (!held) continue
      const run = this.#run(value, held).finally(() => {
        this.#running.delete(run)
        this.#fillLanes()
      })
      this.#running.add(run)
    }
  }

  async #run(value: string, held: Held): Promise<void> {
    const before = fingerprint(held)
    try {
      const found = await this.#query.find(value, this.#closing.signal)
      held.answer = found.problem ? withKnown(found, held.answer) : found
      held.at = this.#clock.now()
      held.warning = found.problem
    } catch (thrown) {
      if (this.#closing.signal.aborted) return
      held.warning = asFault(thrown)
      this.#log.warn(faultFields(held.warning), 'linked packages could not be searched')
    }
    held.triedAt = this.#clock.now()
    held.searching = false
    held.failures = held.warning ? held.failures + 1 : 0
    if (this.#held.get(value) === held) this.#retryLater(value, held)
    if (fingerprint(held) !== before) for (const listener of this.#listeners) listener(value)
  }

  #retryLater(value: string, held: Held): void {
    const { warning, failures } = held
    if (!warning || warning.entry.class === 'never' || failures > RETRIES) return
    this.#searchIn(Math.min(RETRY_CAP_MS, RETRY_FIRST_MS * 2 ** (failures - 1)), value, held)
  }
}

/** While a part cannot be searched, what was found there before is still the best that is known. */
const withKnown = (found: FoundPackages, known: FoundPackages | null): FoundPackages =>
  collectFound(
    [...found.packages, ...(known?.packages ?? []).filter((one) => !has(found.packages, one))],
    found.complete,
    found.problem,
  )

const has = (packages: readonly FoundPackage[], one: FoundPackage): boolean =>
  packages.some(({ bucket, name }) => bucket === one.bucket && name === one.name)

const fingerprint = ({ answer, at, warning }: Held): string =>
  JSON.stringify([at !== null, answer?.packages ?? [], answer?.complete ?? null, warning?.code ?? null])
