import type { Clock } from '../base/clock.ts'
import type { Logger } from '../base/log.ts'
import type { Metrics } from '../base/metrics.ts'
import type { Config } from '../config/config.ts'
import type { Labs } from './labs.ts'
import { awsAddress } from './open-role.ts'

/** Longer than an event takes; whoever dies over one leaves it to others after this. */
const VISIBILITY_SECONDS = 60

/** Takes package events from their queue, where there is one, until aborted; resolves when what was begun has ended. */
export const followPackageEvents = async (
  parts: {
    readonly config: Config
    readonly labs: Labs
    readonly clock: Clock
    readonly log: Logger
    readonly metrics: Metrics
  },
  signal: AbortSignal,
): Promise<void> => {
  const { config, labs, clock, log, metrics } = parts
  const { events } = config.aws
  if (events === null) return
  const { consumeQueue } = await import('../aws/sqs-consumer.ts')
  await consumeQueue({
    ...awsAddress(config),
    ...events,
    name: 'events',
    visibilitySeconds: VISIBILITY_SECONDS,
    clock,
    log,
    metrics,
    signal,
    handle: async (body) => {
      await (await labs.current()).events.handle(body, signal)
      return 'done'
    },
  })
}
