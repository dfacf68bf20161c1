import type { RoleManager } from '../aws/role-manager.ts'
import type { Config } from '../config/config.ts'
import type { HealthCheck } from '../webhook/health.ts'
import type { Keys } from '../webhook/jwks.ts'
import type { LabSource } from './lab-source.ts'
import type { Labs } from './labs.ts'
import type { OpenBell } from './open-bell.ts'
import type { Records } from './open-records.ts'

/**
 * What health looks at, in the order in which people should look: what is first explains what comes after it. A secret
 * that is gone, and a queue, cost convenience only, as long as the secret was read once.
 */
export const healthChecks = (parts: {
  readonly config: Config
  readonly source: LabSource
  readonly role: RoleManager
  readonly records: Records
  readonly keys: Keys
  readonly bell: OpenBell
  readonly labs: Labs
}): HealthCheck[] => {
  const { config, source, role, records, keys, bell, labs } = parts
  const known = async () => void source.known()
  return [
    { name: 'lab', check: known },
    { name: 'secret', check: () => source.check(), needed: false, configured: config.secret !== null },
    { name: 'role', check: (signal) => role.check(signal), configured: role.roleArn !== null },
    { name: config.aws.jobsTable === null ? 'records' : 'table', check: records.check },
    {
      name: 'queue',
      check: async (signal) => bell.check?.(signal),
      needed: false,
      configured: bell.check !== null,
    },
    {
      name: 'jwks',
      check: async () => {
        if (source.known().webhook.verify) await keys.current()
      },
    },
    {
      name: 'registry',
      check: async (signal) => (await labs.current()).registry?.reachable(signal),
    },
  ]
}
