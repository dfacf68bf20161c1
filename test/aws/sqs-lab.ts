import { createSqsBell, type SqsBell, type SqsBellOptions } from '../../src/aws/sqs-bell.ts'
import { createLog, type Logger } from '../../src/base/log.ts'
import type { Metrics } from '../../src/base/metrics.ts'
import { FakeClock } from '../support/clock.ts'
import { type SqsServer, startSqsServer } from '../support/sqs-server.ts'
import type { SqsQueue } from '../support/sqs-server-queue.ts'

/** A fresh server with one queue. */
export type SqsLab = {
  readonly clock: FakeClock
  readonly server: SqsServer
  readonly queue: SqsQueue
  /** What every adapter of the queue is made with. */
  readonly address: {
    readonly queueUrl: string
    readonly region: string
    readonly credentials: SqsServer['credentials']
    readonly clock: FakeClock
    readonly log: Logger
  }
  bell(options?: Partial<SqsBellOptions>): SqsBell
}

export const openSqsLab = async (name = 'lab.fifo', clock = new FakeClock()): Promise<SqsLab> => {
  const server = await startSqsServer(clock)
  const { url, queue } = server.queue(name)
  const address = {
    queueUrl: url,
    region: server.region,
    credentials: server.credentials,
    clock,
    log: createLog('silent'),
  }
  return {
    clock,
    server,
    queue,
    address,
    bell: (options) => createSqsBell({ ...address, leaseMs: 30_000, ...options }),
  }
}

/** A log whose lines a test reads: level, message and fields. */
export const readableLog = () => {
  const lines: Record<string, unknown>[] = []
  const log = createLog('debug', { write: (line: string) => void lines.push(JSON.parse(line)) })
  return { log, lines, said: (level: string) => lines.filter((line) => line.level === level) }
}

/** Figures as a test reads them. */
export const readableMetrics = () => {
  const seen: { name: string; value: number; dimensions: unknown }[] = []
  const metrics: Metrics = {
    count: (name, ...[value = 1, dimensions]) => void seen.push({ name, value, dimensions }),
    observe: (name, value, _unit, ...[dimensions]) => void seen.push({ name, value, dimensions }),
    gauge: () => {},
  }
  return { metrics, of: (name: string) => seen.filter((one) => one.name === name) }
}
