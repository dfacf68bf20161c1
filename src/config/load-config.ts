import { Fault } from '../base/fault.ts'
import type { Config } from './config.ts'
import { isLoopback } from './parsers.ts'
import { SETTINGS, type SettingName, type Settings } from './settings.ts'

export type Environment = Readonly<Record<string, string | undefined>>

/**
 * Reads the environment. An empty variable counts as absent. Throws `config.invalid` with all problems at once, each
 * naming its variable and none repeating a value: `facts.problems` is the list, the detail the same for people.
 */
export const loadConfig = (environment: Environment): Config => {
  const problems: string[] = []
  const read = new Map<string, unknown>()
  for (const [name, setting] of Object.entries(SETTINGS)) {
    const text = given(environment, name) ?? presetOf(name as SettingName, environment)
    if (text === null) {
      if (setting.required) problems.push(`${name} is not set.`)
      read.set(name, null)
      continue
    }
    const parsed = setting.schema.safeParse(text)
    if (parsed.success) read.set(name, parsed.data)
    else problems.push(`${name} ${parsed.error.issues[0]?.message ?? 'is not valid'}.`)
  }
  const settings = Object.fromEntries(read) as Partial<Settings>
  problems.push(...contradictions(settings))
  if (problems.length > 0) throw new Fault('config.invalid', { problems }, { detail: problems.join(' ') })
  return deepFreeze(toConfig(settings as Settings))
}

const given = (environment: Environment, name: string): string | null => environment[name]?.trim() || null

const presetOf = (name: SettingName, environment: Environment): string | null =>
  name === 'HOST' && environment.APP_ENV?.trim().toLowerCase() === 'demo'
    ? '127.0.0.1'
    : SETTINGS[name].default

/** What no variable can tell alone. A variable that is itself wrong is absent here and was named before. */
const contradictions = (s: Partial<Settings>): string[] => {
  const found: string[] = []
  const production = s.APP_ENV === 'production'
  if (production && s.BENCHLING_SIMULATOR_URL) {
    found.push('BENCHLING_SIMULATOR_URL is refused in production; set APP_ENV to development, test or demo.')
  }
  if (s.BENCHLING_TENANT?.simulated && s.BENCHLING_SIMULATOR_URL === null) {
    found.push('BENCHLING_TENANT is a benchling.test host, which needs BENCHLING_SIMULATOR_URL.')
  }
  if (s.ENABLE_WEBHOOK_VERIFICATION === false) {
    if (production) found.push('ENABLE_WEBHOOK_VERIFICATION may not be false in production.')
    else if (s.HOST && !isLoopback(s.HOST)) {
      found.push('ENABLE_WEBHOOK_VERIFICATION may be false only when HOST is a loopback address.')
    }
  }
  if (s.DATA_DIR === null && s.APP_ENV !== undefined && s.APP_ENV !== 'demo')
    found.push('DATA_DIR is not set.')
  if (
    s.EXPORT_MAX_BUFFER_BYTES &&
    s.MEMORY_BUDGET_BYTES &&
    s.EXPORT_MAX_BUFFER_BYTES > s.MEMORY_BUDGET_BYTES
  ) {
    found.push('EXPORT_MAX_BUFFER_BYTES is more than MEMORY_BUDGET_BYTES.')
  }
  return found
}

const toConfig = (s: Settings): Config => {
  const tenantOrigin = `https://${s.BENCHLING_TENANT.host}`
  const simulator = s.BENCHLING_SIMULATOR_URL
  return {
    env: s.APP_ENV,
    logLevel: s.LOG_LEVEL,
    benchling: {
      tenant: s.BENCHLING_TENANT,
      baseUrl: simulator ?? tenantOrigin,
      clientId: s.BENCHLING_CLIENT_ID,
      clientSecret: s.BENCHLING_CLIENT_SECRET,
      simulator,
    },
    webhook: {
      identity: {
        app: s.BENCHLING_APP_DEFINITION_ID,
        origins: simulator ? [tenantOrigin, simulator] : [tenantOrigin],
      },
      verify: s.ENABLE_WEBHOOK_VERIFICATION,
    },
    http: { host: s.HOST, port: s.PORT },
    registry: { ...s.QUILT_REGISTRY, region: s.AWS_REGION },
    packages: {
      prefix: s.PKG_PREFIX,
      metadataKey: s.PKG_KEY,
      workflow: s.QUILT_WORKFLOW,
      catalogHost: s.QUILT_WEB_HOST,
    },
    dataDir: s.DATA_DIR,
    exports: {
      maxMembers: s.EXPORT_MAX_MEMBERS,
      maxBytes: s.EXPORT_MAX_BYTES,
      maxRatio: s.EXPORT_MAX_RATIO,
      maxBufferBytes: s.EXPORT_MAX_BUFFER_BYTES,
      downloadHosts: s.EXPORT_DOWNLOAD_HOSTS,
      privateNetworks: s.EXPORT_PRIVATE_NETWORKS ?? [],
    },
    memoryBudgetBytes: s.MEMORY_BUDGET_BYTES,
    workers: s.WORKERS,
    leaseMs: s.LEASE_SECONDS * 1000,
  }
}

const deepFreeze = <T extends object>(value: T): T => {
  for (const part of Object.values(value)) if (typeof part === 'object' && part !== null) deepFreeze(part)
  return Object.freeze(value)
}
