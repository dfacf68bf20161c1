import type { Clock } from '../base/clock.ts'
import type { FaultBoard } from './faults.ts'
import type { KeyRing } from './keys.ts'
import type { DeliveryAttempt, DeliveryView } from './page-contract.ts'
import { benchlingId, type Random } from './random.ts'

/** Benchling waits this long for an answer (changelog "webhook ACK timeout", 2023-08-01). */
export const ACK_TIMEOUT_MS = 3_000

/**
 * Pauses before the second, third … attempt. Benchling's own schedule is not published: this one is ours, quick at
 * first so that a demonstration sees it, and ends after about an hour and a quarter.
 */
export const RESEND_AFTER_MS = [5_000, 30_000, 120_000, 600_000, 3_600_000] as const

/** How long a delivery is held back for the next one to overtake it. */
export const OVERTAKE_MS = 2_000

export type Message = {
  readonly body: Uint8Array
  /** `message.type`, for the log and the path. */
  readonly type: string
  readonly entryId: string | null
  /** A webhook-id to use again; default: a new one. */
  readonly id?: string
}

export type OutboxOptions = {
  readonly clock: Clock
  readonly random: Random
  readonly keys: KeyRing
  readonly faults: FaultBoard
  /** Where to send this type; null when the app has no webhook address. */
  readonly address: (type: string) => string | null
  readonly changed: (delivery: DeliveryView) => void
}

type Sent = { view: DeliveryView; body: Uint8Array; over: Promise<void> }

/**
 * Sends signed deliveries, again after anything but a 2xx within 3 s. Every attempt has the same webhook-id and a
 * timestamp and signature of its own.
 */
export class Outbox {
  readonly #options: OutboxOptions
  readonly #records: Sent[] = []
  readonly #closing = new AbortController()
  #held: (() => void) | undefined

  constructor(options: OutboxOptions) {
    this.#options = options
  }

  /** Every delivery so far, oldest first. */
  get deliveries(): DeliveryView[] {
    return this.#records.map(({ view }) => view)
  }

  /** Resolves when the first attempt was answered (or gave up waiting); resends go on by themselves. */
  async send(message: Message): Promise<DeliveryView> {
    const { clock, random, address } = this.#options
    const record: Sent = {
      body: message.body,
      over: Promise.resolve(),
      view: {
        id: message.id ?? benchlingId(random, 'msg', 27),
        type: message.type,
        entryId: message.entryId,
        at: clock.now(),
        attempts: [],
        nextAt: null,
        state: address(message.type) === null ? 'no-address' : 'sending',
      },
    }
    this.#records.push(record)
    this.#say(record, {})
    if (record.view.state === 'no-address') return record.view
    if (this.#options.faults.strikes('lost-deliveries')) {
      this.#say(record, { state: 'given-up' })
      return record.view
    }
    const first = this.#first(record)
    record.over = first.then(() => this.#resend(record)).catch(() => {})
    await first
    return record.view
  }

  /** Resolves when nothing is planned any more for this delivery. */
  async settled(id: string): Promise<DeliveryView> {
    const record = this.#find(id)
    await record.over
    return record.view
  }

  /** What was sent under an id, last. */
  find(id: string): { readonly body: Uint8Array; readonly view: DeliveryView } {
    return this.#find(id)
  }

  async #first(record: Sent): Promise<void> {
    const { faults } = this.#options
    const twice = faults.strikes('duplicate-deliveries')
    const overtaken = this.#held
    this.#held = undefined
    if (!overtaken && faults.strikes('reordered-deliveries')) await this.#overtaking()
    await Promise.all([this.#attempt(record), twice ? this.#attempt(record) : null])
    overtaken?.()
  }

  #find(id: string): Sent {
    const record = this.#records.findLast(({ view }) => view.id === id)
    if (!record) throw new Error(`There is no delivery ${id}.`)
    return record
  }

  close(): void {
    this.#closing.abort(new Error('the tenant is closing'))
    this.#held?.()
  }

  /** Waits until the next delivery was answered, or a while. */
  async #overtaking(): Promise<void> {
    const waiting = new AbortController()
    const release = () => waiting.abort()
    this.#held = release
    const signal = AbortSignal.any([waiting.signal, this.#closing.signal])
    await this.#options.clock.sleep(OVERTAKE_MS, signal).catch(() => {})
    if (this.#held === release) this.#held = undefined
  }

  async #resend(record: Sent): Promise<void> {
    const { clock } = this.#options
    for (const pause of RESEND_AFTER_MS) {
      if (record.view.state === 'delivered') return
      this.#say(record, { state: 'waiting', nextAt: clock.now() + pause })
      await clock.sleep(pause, this.#closing.signal)
      await this.#attempt(record)
    }
    if (record.view.state !== 'delivered') this.#say(record, { state: 'given-up' })
  }

  async #attempt(record: Sent): Promise<void> {
    const { clock, keys, address } = this.#options
    const at = clock.now()
    const url = address(record.view.type)
    if (url === null) return
    this.#say(record, { state: 'sending', nextAt: null })
    const timestamp = String(Math.floor(at / 1000))
    const status = await this.#post(url, record.body, {
      'content-type': 'application/json',
      'webhook-id': record.view.id,
      'webhook-timestamp': timestamp,
      'webhook-signature': keys.sign(record.view.id, timestamp, record.body),
    })
    const attempt: DeliveryAttempt = { at, status, ms: clock.now() - at }
    const good = status !== null && status >= 200 && status < 300
    const delivered = good || record.view.attempts.some(({ status }) => status !== null && status < 300)
    this.#say(record, {
      attempts: [...record.view.attempts, attempt],
      state: delivered ? 'delivered' : 'waiting',
    })
  }

  /** The status of the answer, null when there was none in time. Redirects are not followed. */
  async #post(
    url: string,
    body: Uint8Array,
    headers: Readonly<Record<string, string>>,
  ): Promise<number | null> {
    const over = new AbortController()
    const signal = AbortSignal.any([over.signal, this.#closing.signal])
    this.#options.clock.sleep(ACK_TIMEOUT_MS, signal).then(
      () => over.abort(),
      () => {},
    )
    try {
      const answer = await fetch(url, {
        method: 'POST',
        body: Uint8Array.from(body),
        headers,
        redirect: 'manual',
        signal,
      })
      await answer.body?.cancel()
      return answer.status
    } catch {
      return null
    } finally {
      over.abort()
    }
  }

  #say(record: Sent, change: Partial<DeliveryView>): void {
    record.view = { ...record.view, ...change }
    this.#options.changed(record.view)
  }
}
