import type { Clock } from '../base/clock.ts'
import { Fault } from '../base/fault.ts'
import type { Logger } from '../base/log.ts'
import type { Metrics } from '../base/metrics.ts'
import type { Config, LabConfig } from '../config/config.ts'
import { createFolderStore } from '../local/folder-store.ts'
import type { Registry } from '../registry/ports.ts'
import { createRegistry } from '../registry/registry.ts'
import { type LiveRuns, removeLeftovers } from './remove-leftovers.ts'

export type OpenRegistry = {
  readonly registry: Registry
  readonly close: () => Promise<void>
}

/** The configured registry: the only place that decides between a folder and a bucket. Throws `store.*`. */
export const openRegistry = async (
  place: LabConfig['registry'],
  workflow: string | null,
  parts: {
    readonly config: Config
    readonly clock: Clock
    readonly log: Logger
    readonly metrics: Metrics
    readonly liveRuns: LiveRuns
  },
): Promise<OpenRegistry> => {
  const { clock, log, metrics, config } = parts
  if (place === null) throw new Fault('config.invalid', {}, { detail: 'QUILT_REGISTRY is not set.' })
  if (place.kind === 'folder') {
    const store = createFolderStore(place.path)
    await removeLeftovers(store.sweep, parts, log)
    return { registry: createRegistry(store, clock, { workflow }), close: store.close }
  }
  const { bucket } = place
  const { region } = config.aws
  // Loaded only where it is needed: the AWS SDK is most of what this program would read at start.
  const { createS3Store } = await import('../aws/s3-store.ts')
  const store = await createS3Store({ bucket, clock, log, metrics, ...(region === null ? {} : { region }) })
  return { registry: createRegistry(store, clock, { workflow }), close: async () => {} }
}
