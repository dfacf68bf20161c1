import type { RoleManager } from '../aws/role-manager.ts'
import type { Clock } from '../base/clock.ts'
import { Fault } from '../base/fault.ts'
import type { Logger } from '../base/log.ts'
import type { Metrics } from '../base/metrics.ts'
import type { Config, LabConfig } from '../config/config.ts'
import { createFolderStore } from '../local/folder-store.ts'
import { ownFiles } from '../packaging/own-files.ts'
import type { ManifestCache } from '../registry/manifest-cache.ts'
import { nativePublisher } from '../registry/native-publisher.ts'
import { createPackagerPublisher } from '../registry/packager-publisher.ts'
import type { Publisher, Registry } from '../registry/ports.ts'
import { createRegistry } from '../registry/registry.ts'
import { inPlace } from '../registry/reuse.ts'
import { awsAddress, roleAddress } from './open-role.ts'
import { type LiveRuns, removeLeftovers } from './remove-leftovers.ts'

export type OpenRegistry = {
  readonly registry: Registry
  readonly publisher: Publisher
  readonly close: () => Promise<void>
}

type Parts = {
  readonly config: Config
  readonly role: RoleManager
  readonly clock: Clock
  readonly log: Logger
  readonly metrics: Metrics
  readonly liveRuns: LiveRuns
  readonly cache: ManifestCache
}

/**
 * The configured registry and who publishes to it: the only place that decides between a folder and a bucket, and between
 * writing revisions and asking Quilt's packager for them. Throws `store.*`, `config.invalid`.
 */
export const openRegistry = async (
  place: NonNullable<LabConfig['registry']>,
  workflow: string | null,
  parts: Parts,
): Promise<OpenRegistry> => {
  if (place.kind === 's3') return inBucket(place.bucket, workflow, parts)
  if (parts.config.aws.publisher === 'packager')
    throw new Fault(
      'config.invalid',
      {},
      { detail: 'Quilt’s packager needs a bucket, and QUILT_REGISTRY is a folder.' },
    )
  const store = createFolderStore(place.path)
  await removeLeftovers(store.sweep, parts, parts.log)
  const registry = createRegistry(store, parts.clock, { workflow, cache: parts.cache })
  return { registry, publisher: nativePublisher(registry), close: store.close }
}

const inBucket = async (bucket: string, workflow: string | null, parts: Parts): Promise<OpenRegistry> => {
  const { clock, log, metrics, role, config, cache } = parts
  const { kmsKeyId, publisher, packagerQueueUrl } = config.aws
  const place = {
    ...roleAddress(config, role),
    ...(kmsKeyId === null ? {} : { kmsKeyId }),
    bucket,
    clock,
    log,
    metrics,
  }
  // Loaded only where it is needed: the AWS SDK is most of what this program would read at start.
  const { createS3Store } = await import('../aws/s3-store.ts')
  const store = await createS3Store(place)
  const close = async () => {}
  if (publisher === 'native' || packagerQueueUrl === null) {
    const registry = createRegistry(store, clock, { workflow, cache })
    return { registry, publisher: nativePublisher(registry), close }
  }
  const { createS3PackagePrefix } = await import('../aws/s3-package-prefix.ts')
  const { createSender } = await import('../aws/sqs-sender.ts')
  const prefix = await createS3PackagePrefix(place)
  const registry = createRegistry(store, clock, { workflow, cache, reuse: inPlace(prefix) })
  const queue = createSender({ ...awsAddress(config), queueUrl: packagerQueueUrl, clock })
  return {
    registry,
    publisher: createPackagerPublisher({ store, prefix, queue, workflow, own: ownFiles(registry) }),
    close,
  }
}
