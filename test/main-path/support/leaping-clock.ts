import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { Clock } from '../../../src/base/clock.ts'

/** Turns of the event loop with nothing under way before time leaps: what has just ended gets its turn first. */
const CALM_TURNS = 4
const TURN_MS = 1

type Sleeper = { readonly at: number; readonly wake: () => void }
type Started = {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly server: Server
}

/** What has an end of its own among the things Node waits for: files, connections being made, compression. */
const WORK = /Req(?!uest)|ConnectWrap|Zlib/

const isWorking = (): boolean => process.getActiveResourcesInfo().some((name) => WORK.test(name))

/**
 * The present, except that time leaps to the next sleeper when this process has no HTTP exchange and no file under way. Tenant and
 * service share one, so back-offs and exports that take minutes take milliseconds here, in the order they really have,
 * and a time-out of an exchange never ends early. `hold` stops the leaping, `advance` moves time by hand.
 */
export class LeapingClock implements Clock {
  #offset = 0
  #sleepers: Sleeper[] = []
  #under = 0
  #calm = 0
  #held = 0
  readonly #timer: NodeJS.Timeout

  constructor() {
    subscribe('http.server.request.start', this.#started)
    this.#timer = setInterval(() => this.#turn(), TURN_MS)
  }

  now(): number {
    return Date.now() + this.#offset
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason)
      const abort = () => {
        this.#sleepers = this.#sleepers.filter((one) => one !== sleeper)
        reject(signal?.reason)
      }
      const sleeper = {
        at: Math.ceil(this.now() + ms),
        wake: () => {
          signal?.removeEventListener('abort', abort)
          resolve()
        },
      }
      signal?.addEventListener('abort', abort, { once: true })
      this.#sleepers.push(sleeper)
    })
  }

  /** No leaps until disposed: what waits, waits as long as it says. */
  hold(): Disposable {
    let held = true
    this.#held++
    return {
      [Symbol.dispose]: () => {
        if (held) this.#held--
        held = false
      },
    }
  }

  /** Moves time forward at once, whatever is under way. */
  advance(ms: number): void {
    this.#offset += ms
    this.#wakeDue()
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer)
    unsubscribe('http.server.request.start', this.#started)
  }

  readonly #started = (message: unknown): void => {
    const { request, response } = message as Started
    // Waits up to 20 seconds by this clock.
    if (request.headers['x-amz-target'] === 'AmazonSQS.ReceiveMessage') return
    this.#under++
    response.once('close', () => {
      this.#under--
    })
  }

  #turn(): void {
    this.#wakeDue()
    this.#calm = this.#under > 0 || this.#held > 0 || isWorking() ? 0 : this.#calm + 1
    if (this.#calm < CALM_TURNS || this.#sleepers.length === 0) return
    this.#calm = 0
    const next = Math.min(...this.#sleepers.map(({ at }) => at))
    this.#offset += Math.max(0, next - this.now())
    this.#wakeDue()
  }

  #wakeDue(): void {
    const now = this.now()
    const due = this.#sleepers.filter(({ at }) => at <= now).sort((a, b) => a.at - b.at)
    if (due.length === 0) return
    this.#calm = 0
    this.#sleepers = this.#sleepers.filter(({ at }) => at > now)
    for (const { wake } of due) wake()
  }
}
