import type { RoleManager } from '../aws/role-manager.ts'
import { ALLOW_ALL, type AllowList, parseAllowList } from '../base/allow-list.ts'
import type { Clock } from '../base/clock.ts'
import type { Logger } from '../base/log.ts'
import type { Config } from '../config/config.ts'
import type { PackageQuery } from '../registry/package-query.ts'
import type { Registry } from '../registry/ports.ts'
import { createRegistryScan } from '../registry/scan-packages.ts'
import { roleAddress } from './open-role.ts'

export type OpenQuery = PackageQuery & { close(): void }

/**
 * How packages that name an entry are found: by Athena where a database is configured, else by reading the registry. Null
 * where there is neither. Throws `config.invalid`.
 */
export const openQuery = async (parts: {
  readonly config: Config
  readonly role: RoleManager
  readonly registry: Registry | null
  readonly metadataKey: string
  readonly clock: Clock
  readonly log: Logger
}): Promise<OpenQuery | null> => {
  const { config, role, registry, clock, log } = parts
  const { iceberg, views } = config.aws.athena
  const metadataKey = () => parts.metadataKey
  const allow = allowListOf(config)
  if (!iceberg && !views) return registry && createRegistryScan({ registry, metadataKey, allow, clock, log })
  const { createAthenaPackageQuery } = await import('../aws/athena-package-query.ts')
  return createAthenaPackageQuery({
    ...roleAddress(config, role),
    ...(iceberg ? { icebergDatabase: iceberg.database, icebergWorkgroup: iceberg.workgroup } : {}),
    ...(views ? { userDatabase: views.database, userWorkgroup: views.workgroup } : {}),
    metadataKey,
    allow,
    clock,
    log,
  })
}

/** Which packages may be shown: the text was checked when the configuration was read. */
export const allowListOf = ({ allowList }: Pick<Config, 'allowList'>): AllowList => {
  const parsed = parseAllowList(allowList)
  return 'value' in parsed ? parsed.value : ALLOW_ALL
}
