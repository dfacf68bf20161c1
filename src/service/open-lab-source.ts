import type { Clock } from '../base/clock.ts'
import type { Logger } from '../base/log.ts'
import type { Config } from '../config/config.ts'
import { fixedLab, type LabSource, labFromSecret } from './lab-source.ts'
import { awsAddress } from './open-role.ts'

/** The only place that decides where the lab's settings come from. Throws `config.invalid`. */
export const openLabSource = async (
  config: Config,
  clock: Clock,
  log: Logger,
): Promise<LabSource & { close(): void }> => {
  const { lab, secret } = config
  if (lab) return { ...fixedLab(lab), close: () => {} }
  const { createSecretReader } = await import('../aws/secret-reader.ts')
  const source = secret as NonNullable<typeof secret>
  const reader = createSecretReader({ ...awsAddress(config), secretId: source.id, clock, log })
  return {
    ...labFromSecret({ source, read: (signal) => reader.read(signal), clock, log }),
    close: () => reader.close(),
  }
}
