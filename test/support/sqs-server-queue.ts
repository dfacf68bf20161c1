import { createHash, randomUUID } from 'node:crypto'
import { EventEmitter } from 'node:events'
import type { Clock } from '../../src/base/clock.ts'
import { SqsError } from './sqs-server-error.ts'

export const md5 = (text: string): string => createHash('md5').update(text).digest('hex')

export type SqsAttribute = { readonly DataType: string; readonly StringValue: string }

export type SqsMessage = {
  readonly id: string
  readonly body: string
  readonly attributes: Readonly<Record<string, SqsAttribute>>
  readonly group: string | null
  readonly deduplicationId: string | null
  readonly sentAt: number
  receiveCount: number
  /** Of the last time it was received: earlier ones are outdated. */
  receipt: string | null
  receivedAt: number
  visibleAt: number
}

const MINUTE_MS = 60_000
const DEDUPLICATION_MS = 5 * MINUTE_MS
const HIDDEN_MAX_MS = 12 * 60 * MINUTE_MS
const BODY_MAX_BYTES = 262_144

const TEXT = /^[\t\n\r\u{20}-\u{d7ff}\u{e000}-\u{fffd}\u{10000}-\u{10ffff}]+$/u
const FIFO_ID = /^[!-~]{1,128}$/

type Attempt = { readonly at: number; readonly taken: readonly (readonly [SqsMessage, string | null])[] }

/** One queue with the rules of SQS, on the clock of the test: visibility, groups in order, deduplication, attempts. */
export class SqsQueue {
  readonly fifo: boolean
  readonly #clock: Clock
  readonly #changed = new EventEmitter().setMaxListeners(0)
  readonly #sentIds = new Map<string, { at: number; id: string }>()
  readonly #attempts = new Map<string, Attempt>()
  #messages: SqsMessage[] = []

  constructor(clock: Clock, fifo: boolean) {
    this.#clock = clock
    this.fifo = fifo
  }

  /** What is in the queue, hidden or not, oldest first. */
  get messages(): readonly SqsMessage[] {
    return this.#messages
  }

  get hidden(): readonly SqsMessage[] {
    return this.#messages.filter((message) => !this.#isVisible(message))
  }

  get visible(): readonly SqsMessage[] {
    return this.#messages.filter((message) => this.#isVisible(message))
  }

  send(
    body: string,
    more: { attributes?: SqsMessage['attributes']; group?: string; deduplicationId?: string } = {},
  ): string {
    const { attributes = {}, group = null, deduplicationId = null } = more
    this.#checkText(body, attributes)
    if (this.fifo) {
      if (group === null) throw new SqsError('MissingParameter', 'MessageGroupId is missing')
      if (deduplicationId === null) throw new SqsError('InvalidParameterValue', 'No MessageDeduplicationId')
      for (const id of [group, deduplicationId])
        if (!FIFO_ID.test(id)) throw new SqsError('InvalidParameterValue', `${id} is no id`)
      const before = this.#sentIds.get(deduplicationId)
      if (before && this.#now - before.at < DEDUPLICATION_MS) return before.id
    } else if (deduplicationId !== null) throw new SqsError('InvalidParameterValue', 'The queue is not FIFO')
    const id = randomUUID()
    if (deduplicationId !== null) this.#sentIds.set(deduplicationId, { at: this.#now, id })
    this.#messages.push({
      id,
      body,
      attributes,
      group,
      deduplicationId,
      sentAt: this.#now,
      receiveCount: 0,
      receipt: null,
      receivedAt: 0,
      visibleAt: this.#now,
    })
    this.#changed.emit('change')
    return id
  }

  /** Waits up to `waitMs` for messages. The signal ends the wait of a client that hung up. */
  async receive(
    o: { most: number; visibilityMs: number; waitMs: number; attempt: string | null },
    signal: AbortSignal,
  ): Promise<SqsMessage[]> {
    if (o.attempt !== null && !this.fifo)
      throw new SqsError('InvalidParameterValue', 'ReceiveRequestAttemptId is for FIFO queues')
    const end = this.#now + o.waitMs
    for (;;) {
      if (signal.aborted) return []
      const taken = this.#again(o) ?? this.#take(o)
      if (taken.length > 0 || this.#now >= end) return taken
      await this.#change(end, signal)
    }
  }

  remove(receipt: string): void {
    const message = this.#holder(receipt)
    if (!message) return
    if (this.fifo && this.#isVisible(message))
      throw new SqsError('InvalidParameterValue', 'The receipt handle has expired.')
    this.#messages = this.#messages.filter((one) => one !== message)
    this.#changed.emit('change')
  }

  hide(receipt: string, ms: number): void {
    const message = this.#holder(receipt)
    if (!message || this.#isVisible(message)) throw new SqsError('MessageNotInflight')
    if (this.#now + ms - message.receivedAt > HIDDEN_MAX_MS)
      throw new SqsError(
        'InvalidParameterValue',
        'Total VisibilityTimeout is beyond the limit [43200 seconds]',
      )
    message.visibleAt = this.#now + ms
    this.#changed.emit('change')
  }

  get #now(): number {
    return this.#clock.now()
  }

  #isVisible = (message: SqsMessage): boolean => message.visibleAt <= this.#now

  #checkText(body: string, attributes: SqsMessage['attributes']): void {
    const named = Object.entries(attributes)
    if (named.length > 10) throw new SqsError('InvalidParameterValue', 'More than 10 attributes')
    const size = [body, ...named.flatMap(([name, a]) => [name, a.DataType, a.StringValue])]
      .map((text) => Buffer.byteLength(text))
      .reduce((a, b) => a + b)
    if (size > BODY_MAX_BYTES) throw new SqsError('InvalidParameterValue', 'Message must be shorter')
    for (const text of [body, ...named.map(([, a]) => a.StringValue)])
      if (!TEXT.test(text)) throw new SqsError('InvalidMessageContents')
  }

  #take({ most, visibilityMs, attempt }: { most: number; visibilityMs: number; attempt: string | null }) {
    const blocked = new Set(this.fifo ? this.hidden.map((message) => message.group) : [])
    const free = this.visible.filter((message) => message.group === null || !blocked.has(message.group))
    const taken = free.slice(0, most)
    for (const message of taken) this.#hand(message, visibilityMs)
    if (attempt !== null && taken.length > 0)
      this.#attempts.set(attempt, { at: this.#now, taken: taken.map((m) => [m, m.receipt] as const) })
    return taken
  }

  /** The messages of an attempt whose answer got lost, unless something happened to them since. */
  #again(o: { visibilityMs: number; attempt: string | null }): SqsMessage[] | null {
    const before = o.attempt === null ? undefined : this.#attempts.get(o.attempt)
    if (!before || this.#now - before.at >= DEDUPLICATION_MS) return null
    const same = before.taken.every(([m, receipt]) => this.#messages.includes(m) && m.receipt === receipt)
    if (!same) return null
    return before.taken.map(([message]) => {
      message.visibleAt = this.#now + o.visibilityMs
      return message
    })
  }

  #hand(message: SqsMessage, visibilityMs: number): void {
    message.receiveCount++
    message.receipt = `${randomUUID()}#${message.receiveCount}`
    message.receivedAt = this.#now
    message.visibleAt = this.#now + visibilityMs
  }

  #holder(receipt: string): SqsMessage | undefined {
    if (!receipt.includes('#')) throw new SqsError('ReceiptHandleIsInvalid')
    const message = this.#messages.find((one) => one.receipt === receipt)
    if (!message && this.fifo) throw new SqsError('InvalidParameterValue', 'The receipt handle has expired.')
    return message
  }

  /** Resolves at the next change, when something gets visible again, at the end, or when nobody waits any more. */
  async #change(end: number, signal: AbortSignal): Promise<void> {
    const at = Math.min(end, ...this.hidden.map((message) => message.visibleAt))
    const over = new AbortController()
    const changed = new Promise<void>((resolve) => this.#changed.once('change', resolve))
    const hungUp = () => over.abort()
    signal.addEventListener('abort', hungUp, { once: true })
    await Promise.race([changed, this.#clock.sleep(at - this.#now, over.signal).catch(() => {})])
    signal.removeEventListener('abort', hungUp)
    over.abort()
  }
}
