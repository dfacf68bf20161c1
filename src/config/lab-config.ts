import type { LabConfig, Surroundings } from './config.ts'
import { isLoopback } from './parsers.ts'
import type { LabSettings } from './settings.ts'

/** Where deliveries may be taken unverified: on loopback, and never in production. */
export const mayBeUnverified = ({ env, host }: Pick<Surroundings, 'env' | 'host'>): boolean =>
  env !== 'production' && isLoopback(host)

/** The settings of a lab in the form the house knows, wherever they came from. */
export const labConfig = (s: LabSettings, around: Surroundings): LabConfig => {
  const tenantOrigin = `https://${s.BENCHLING_TENANT.host}`
  const { simulator } = around
  const unwanted = around.unverified || !s.ENABLE_WEBHOOK_VERIFICATION
  const verify = !(unwanted && mayBeUnverified(around))
  return {
    benchling: {
      tenant: s.BENCHLING_TENANT,
      baseUrl: simulator ?? tenantOrigin,
      clientId: s.BENCHLING_CLIENT_ID,
      clientSecret: s.BENCHLING_CLIENT_SECRET,
    },
    webhook: {
      identity: {
        app: s.BENCHLING_APP_DEFINITION_ID,
        origins: simulator ? [tenantOrigin, simulator] : [tenantOrigin],
      },
      verify,
      refusedToSwitchOff: verify && unwanted,
    },
    registry: s.QUILT_REGISTRY,
    packages: { prefix: s.PKG_PREFIX, metadataKey: s.PKG_KEY, workflow: s.QUILT_WORKFLOW },
    logLevel: s.LOG_LEVEL,
  }
}
