import type { Clock } from '../base/clock.ts'
import type { Logger } from '../base/log.ts'
import type { Metrics } from '../base/metrics.ts'
import type { Config } from '../config/config.ts'
import type { Bell, DeadLetters } from '../jobs/ports.ts'
import { localBell } from '../local/bell.ts'
import { awsAddress } from './open-role.ts'

export type OpenBell = {
  readonly bell: Bell
  /** Null: the bell hangs in this process. */
  readonly check: ((signal: AbortSignal) => Promise<void>) | null
  /** Who is told of buried runs; null: nobody, they stand in the history. */
  readonly deadLetters: DeadLetters | null
}

/** The only place that decides between a bell in this process and one on a queue. Throws `config.invalid`. */
export const openBell = async (
  config: Config,
  parts: { readonly clock: Clock; readonly log: Logger; readonly metrics: Metrics },
): Promise<OpenBell> => {
  const { bellQueueUrl, deadLetterQueueUrl } = config.aws
  const deadLetters =
    deadLetterQueueUrl === null ? null : await deadLettersTo(deadLetterQueueUrl, config, parts.clock)
  if (bellQueueUrl === null) return { bell: localBell(), check: null, deadLetters }
  const { createSqsBell } = await import('../aws/sqs-bell.ts')
  const bell = createSqsBell({
    ...awsAddress(config),
    ...parts,
    queueUrl: bellQueueUrl,
    leaseMs: config.leaseMs,
  })
  return { bell, check: (signal) => bell.check(signal), deadLetters }
}

const deadLettersTo = async (queueUrl: string, config: Config, clock: Clock): Promise<DeadLetters> => {
  const { createSqsDeadLetters } = await import('../aws/sqs-dead-letters.ts')
  return createSqsDeadLetters({ ...awsAddress(config), queueUrl, clock })
}
