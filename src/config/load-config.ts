import { parseEgress } from '../base/egress.ts'
import { Fault } from '../base/fault.ts'
import type { AwsConfig, Config } from './config.ts'
import { deepFreeze } from './frozen.ts'
import { labConfig, mayBeUnverified } from './lab-config.ts'
import type { Setting } from './setting.ts'
import { SETTINGS, type SettingName, type Settings } from './settings.ts'

export type Environment = Readonly<Record<string, string | undefined>>

/**
 * Reads the environment. An empty variable counts as absent. Where `BenchlingSecret` is set, the lab's settings come from
 * there (`parseSecret`), and the environment's are what the secret may leave open.
 * Throws `config.invalid` with all problems at once, each naming its variable and none repeating a value:
 * `facts.problems` is the list, the detail the same for people.
 */
export const loadConfig = (environment: Environment): Config => {
  const problems: string[] = []
  const read = new Map<string, unknown>()
  const hasSecret = given(environment, 'BenchlingSecret') !== null
  for (const [name, setting] of Object.entries(SETTINGS) as [SettingName, Setting<unknown>][]) {
    const { found, text } = textOf(environment, name, setting)
    if (text === null) {
      if (setting.required && !(hasSecret && setting.secretKey)) problems.push(`${name} is not set.`)
      read.set(name, null)
      continue
    }
    const parsed = setting.schema.safeParse(text)
    if (parsed.success) read.set(name, parsed.data)
    else problems.push(`${found} ${parsed.error.issues[0]?.message ?? 'is not valid'}.`)
  }
  const { egress, problems: astray } = parseEgress(environment)
  problems.push(...astray)
  const settings = Object.fromEntries(read) as Partial<Settings>
  problems.push(...contradictions(settings))
  if (problems.length > 0) throw new Fault('config.invalid', { problems }, { detail: problems.join(' ') })
  return deepFreeze({ ...toConfig(settings as Settings), egress })
}

const given = (environment: Environment, name: string): string | null => environment[name]?.trim() || null

/** The text of a setting under its own name, else under an alias, else its default; `found` is the name it was under. */
const textOf = (
  environment: Environment,
  name: SettingName,
  { aliases = [] }: Setting<unknown>,
): { found: string; text: string | null } => {
  for (const found of [name, ...aliases]) {
    const text = given(environment, found)
    if (text !== null) return { found, text }
  }
  return { found: name, text: presetOf(name, environment) }
}

const presetOf = (name: SettingName, environment: Environment): string | null =>
  name === 'HOST' && textOf(environment, 'APP_ENV', SETTINGS.APP_ENV).text?.toLowerCase() === 'demo'
    ? '127.0.0.1'
    : SETTINGS[name].default

/** What no variable can tell alone. A variable that is itself wrong is absent here and was named before. */
const contradictions = (s: Partial<Settings>): string[] =>
  [
    ...inProduction(s),
    ...aboutVerification(s),
    ...aboutRecords(s),
    s.BENCHLING_TENANT?.simulated &&
      s.BENCHLING_SIMULATOR_URL === null &&
      'BENCHLING_TENANT is a benchling.test host, which needs BENCHLING_SIMULATOR_URL.',
    s.BenchlingSecret === null &&
      s.QUILT_REGISTRY === null &&
      s.ICEBERG_DATABASE === null &&
      s.ATHENA_USER_DATABASE === null &&
      'QUILT_REGISTRY is not set, nor is an Athena database to find packages in.',
    s.PACKAGE_PUBLISHER === 'packager' &&
      s.PACKAGER_SQS_URL === null &&
      'PACKAGE_PUBLISHER is packager, which needs PACKAGER_SQS_URL.',
    s.EXPORT_MAX_BUFFER_BYTES &&
      s.MEMORY_BUDGET_BYTES &&
      s.EXPORT_MAX_BUFFER_BYTES > s.MEMORY_BUDGET_BYTES &&
      'EXPORT_MAX_BUFFER_BYTES is more than MEMORY_BUDGET_BYTES.',
  ].filter((problem): problem is string => typeof problem === 'string')

const inProduction = (s: Partial<Settings>): string[] =>
  s.APP_ENV === 'production' && s.BENCHLING_SIMULATOR_URL
    ? ['BENCHLING_SIMULATOR_URL is refused in production; set APP_ENV to development, test or demo.']
    : []

/** What switches verification off in the environment, by name. */
const switchesOff = (s: Partial<Settings>): string[] => [
  ...(s.ENABLE_WEBHOOK_VERIFICATION === false ? ['ENABLE_WEBHOOK_VERIFICATION may not be false'] : []),
  ...(s.BENCHLING_TEST_MODE === true ? ['BENCHLING_TEST_MODE may not be true'] : []),
]

const aboutVerification = (s: Partial<Settings>): string[] => {
  if (s.APP_ENV === undefined || !s.HOST || mayBeUnverified({ env: s.APP_ENV, host: s.HOST })) return []
  const where = s.APP_ENV === 'production' ? 'in production' : 'unless HOST is a loopback address'
  return switchesOff(s).map((what) => `${what} ${where}.`)
}

const aboutRecords = (s: Partial<Settings>): string[] => {
  if (s.DATA_DIR && s.JOBS_TABLE)
    return ['DATA_DIR and JOBS_TABLE are both set: records are kept in one of them.']
  if (s.JOBS_TABLE === null && s.PACKAGING_REQUEST_QUEUE_URL)
    return ['PACKAGING_REQUEST_QUEUE_URL needs JOBS_TABLE: what it wakes has to be seen by every task.']
  return s.DATA_DIR === null && s.JOBS_TABLE === null && s.APP_ENV !== undefined && s.APP_ENV !== 'demo'
    ? ['DATA_DIR is not set, nor is JOBS_TABLE.']
    : []
}

const toConfig = (s: Settings): Omit<Config, 'egress'> => {
  const around = {
    env: s.APP_ENV,
    simulator: s.BENCHLING_SIMULATOR_URL,
    host: s.HOST,
    unverified: switchesOff(s).length > 0,
  }
  return {
    env: s.APP_ENV,
    http: { host: s.HOST, port: s.PORT },
    simulator: s.BENCHLING_SIMULATOR_URL,
    lab: s.BenchlingSecret === null ? labConfig(s, around) : null,
    secret: s.BenchlingSecret === null ? null : { id: s.BenchlingSecret, around, registry: s.QUILT_REGISTRY },
    catalogHost: s.QUILT_WEB_HOST,
    logLevel: s.LOG_LEVEL,
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
    shutdownMs: s.SHUTDOWN_SECONDS * 1000,
    reconcile:
      s.RECONCILE_SECONDS === 0
        ? null
        : { everyMs: s.RECONCILE_SECONDS * 1000, rateShare: s.RECONCILE_RATE_PERCENT / 100 },
    allowList: s.PACKAGE_ALLOW_LIST ?? '',
    metrics: {
      emf: s.METRICS === 'emf' ? { namespace: s.METRICS_NAMESPACE } : null,
      listen: s.METRICS_PORT === null ? null : { host: s.METRICS_HOST, port: s.METRICS_PORT },
    },
    showConfig: s.CONFIG_ENDPOINT,
    aws: awsConfig(s),
  }
}

const awsConfig = (s: Settings): AwsConfig => ({
  region: s.AWS_REGION,
  roleArn: s.QUILT_WRITE_ROLE_ARN,
  jobsTable: s.JOBS_TABLE,
  bellQueueUrl: s.PACKAGING_REQUEST_QUEUE_URL,
  deadLetterQueueUrl: s.DEAD_LETTER_QUEUE_URL,
  publisher: s.PACKAGE_PUBLISHER ?? (s.PACKAGER_SQS_URL === null ? 'native' : 'packager'),
  packagerQueueUrl: s.PACKAGER_SQS_URL,
  events:
    s.PACKAGE_EVENT_QUEUE_URL === null
      ? null
      : { queueUrl: s.PACKAGE_EVENT_QUEUE_URL, concurrency: s.PACKAGE_EVENT_CONCURRENCY },
  kmsKeyId: s.S3_KMS_KEY_ID,
  athena: {
    iceberg: inAthena(s.ICEBERG_DATABASE, s.ICEBERG_WORKGROUP ?? s.ATHENA_USER_WORKGROUP),
    views: inAthena(s.ATHENA_USER_DATABASE, s.ATHENA_USER_WORKGROUP),
  },
  stackArn: s.QuiltStackARN,
})

const inAthena = (database: string | null, workgroup: string) =>
  database === null ? null : { database, workgroup }
