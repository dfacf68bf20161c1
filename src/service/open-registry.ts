import type { Clock } from '../base/clock.ts'
import type { Logger } from '../base/log.ts'
import type { Metrics } from '../base/metrics.ts'
import type { Config } from '../config/config.ts'
import { createFolderStore } from '../local/folder-store.ts'
import type { Registry } from '../registry/ports.ts'
import { createRegistry } from '../registry/registry.ts'

export type OpenRegistry = {
  readonly registry: Registry
  /** Removes what runs that are not among `live` stored and did not publish. */
  readonly sweep: (live: () => Promise<ReadonlySet<string>>) => Promise<void>
  readonly close: () => Promise<void>
}

/** The configured registry: the only place that decides between a folder and a bucket. Throws `store.*`. */
export const openRegistry = async (
  config: Config,
  clock: Clock,
  log: Logger,
  metrics: Metrics,
): Promise<OpenRegistry> => {
  const options = { workflow: config.packages.workflow }
  if (config.registry.kind === 'folder') {
    const store = createFolderStore(config.registry.path)
    return { registry: createRegistry(store, clock, options), sweep: store.sweep, close: store.close }
  }
  const { bucket, region } = config.registry
  // Loaded only where it is needed: the AWS SDK is most of what this program would read at start.
  const { createS3Store } = await import('../aws/s3-store.ts')
  const store = await createS3Store({ bucket, clock, log, metrics, ...(region === null ? {} : { region }) })
  return { registry: createRegistry(store, clock, options), sweep: async () => {}, close: async () => {} }
}
