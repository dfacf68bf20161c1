import { z } from 'zod'
import type { LogLevel } from '../base/log.ts'
import * as parse from './parsers.ts'

const MIB = 2 ** 20
const GIB = 2 ** 30
const TIB = 2 ** 40

/** A schema from a parser: its problem is the issue's message, so that no value is ever quoted. */
const of = <T>(parser: (text: string) => parse.Parsed<T>) =>
  z.string().transform((text, context): T => {
    const parsed = parser(text)
    if ('value' in parsed) return parsed.value
    context.addIssue({ code: 'custom', message: parsed.problem })
    return z.NEVER
  })

type Setting<T, Required extends boolean = boolean> = {
  readonly schema: z.ZodType<T, string>
  /** Text that stands for an absent variable; null: there is no default. */
  readonly default: string | null
  readonly required: Required
  readonly meaning: string
}

const required = <T>(parser: (text: string) => parse.Parsed<T>, meaning: string): Setting<T, true> => ({
  schema: of(parser),
  default: null,
  required: true,
  meaning,
})

const optional = <T>(parser: (text: string) => parse.Parsed<T>, meaning: string): Setting<T, false> => ({
  schema: of(parser),
  default: null,
  required: false,
  meaning,
})

const preset = <T>(
  parser: (text: string) => parse.Parsed<T>,
  value: string,
  meaning: string,
): Setting<T, true> => ({
  schema: of(parser),
  default: value,
  required: true,
  meaning,
})

const LEVELS: Readonly<Record<string, LogLevel>> = {
  debug: 'debug',
  info: 'info',
  warn: 'warn',
  error: 'error',
  silent: 'silent',
  // names that existing installations have
  warning: 'warn',
  critical: 'error',
}

const APP_ENVS = { production: 'production', development: 'development', test: 'test', demo: 'demo' } as const

/** Every environment variable the service reads. `docs/configuration.md` has the same table, and a test compares them. */
export const SETTINGS = {
  BENCHLING_TENANT: required(
    parse.tenant,
    'The Benchling tenant: its slug, host or any address in it. A host under benchling.test needs a simulator.',
  ),
  BENCHLING_CLIENT_ID: required(parse.secret, 'Client id of the Benchling app.'),
  BENCHLING_CLIENT_SECRET: required(
    parse.secret,
    'Client secret of the Benchling app. Never logged or shown.',
  ),
  BENCHLING_APP_DEFINITION_ID: required(
    parse.appId,
    'Whose deliveries are accepted: the app definition id (appdef_…); the app id (app_…) for legacy apps and all apps on GxP tenants.',
  ),
  QUILT_REGISTRY: required(
    parse.registry,
    'Where packages go: s3://bucket, a folder, or a file:// address of a folder.',
  ),
  AWS_REGION: optional(
    parse.region,
    'Region of the bucket; without it the one that the AWS configuration names.',
  ),
  PKG_PREFIX: preset(parse.packagePrefix, 'benchling', 'First part of every package name.'),
  PKG_KEY: preset(
    parse.metadataKey,
    'experiment_id',
    'Metadata key by which other packages say which entry they belong to.',
  ),
  QUILT_WORKFLOW: optional(
    parse.word,
    'Workflow of the registry that packages are checked by; without it the registry’s default.',
  ),
  QUILT_WEB_HOST: optional(
    parse.catalogHost,
    'Host of the Quilt catalog, for links; without it packages are named without links.',
  ),
  DATA_DIR: optional(
    parse.folder,
    'Folder for the records of deliveries and jobs, on a local disk. Required, except with APP_ENV=demo, where records may live in memory.',
  ),
  PORT: preset(parse.integer(0, 65_535), '8080', 'Port to listen on; 0 takes a free one.'),
  HOST: preset(
    parse.bindAddress,
    '0.0.0.0',
    'Address to listen on. With APP_ENV=demo the default is 127.0.0.1.',
  ),
  LOG_LEVEL: preset(
    parse.oneOf(LEVELS),
    'info',
    'debug, info, warn, error or silent. WARNING and CRITICAL are understood.',
  ),
  APP_ENV: preset(
    parse.oneOf(APP_ENVS),
    'production',
    'production, development, test or demo. Production refuses a simulator and unverified deliveries.',
  ),
  BENCHLING_SIMULATOR_URL: optional(
    parse.loopbackOrigin,
    'Address of a simulated tenant on this machine; replaces Benchling’s addresses. Refused in production.',
  ),
  ENABLE_WEBHOOK_VERIFICATION: preset(
    parse.flag,
    'true',
    'Whether signatures of deliveries are checked. false is refused in production, and elsewhere unless HOST is loopback.',
  ),
  EXPORT_MAX_MEMBERS: preset(
    parse.integer(1, 1_000_000),
    '100000',
    'Most files and folders an export may hold.',
  ),
  EXPORT_MAX_BYTES: preset(parse.byteCount(1, 5 * TIB), '200GiB', 'Most unpacked bytes an export may hold.'),
  EXPORT_MAX_RATIO: preset(
    parse.integer(10, 1032),
    '250',
    'Most unpacked bytes for each byte of an export, judged when it unpacks to more than 1GiB.',
  ),
  EXPORT_MAX_BUFFER_BYTES: preset(
    parse.byteCount(MIB, 4 * GIB),
    '64MiB',
    'Largest export that is read in one piece into memory when its server does not allow reading in parts. At most MEMORY_BUDGET_BYTES.',
  ),
  EXPORT_DOWNLOAD_HOSTS: preset(
    parse.hostList,
    '*.amazonaws.com,*.amazonaws.com.cn,*.benchling.com',
    'Hosts that exports and attachments may be downloaded from, separated by commas; * stands for everything below.',
  ),
  EXPORT_PRIVATE_NETWORKS: optional(
    parse.privateNetworks,
    'Private networks, separated by commas, whose addresses a download host may have, like 10.20.0.0/16 for an S3 interface endpoint inside a VPC; without it public addresses only.',
  ),
  MEMORY_BUDGET_BYTES: preset(
    parse.byteCount(16 * MIB, 64 * GIB),
    '96MiB',
    'Bytes of exports in memory at any time, all runs together.',
  ),
  WORKERS: preset(parse.integer(1, 64), '4', 'Runs at the same time.'),
  LEASE_SECONDS: preset(
    parse.integer(2, 600),
    '30',
    'How long a run belongs to a process that gives no sign of life; then another process takes it over.',
  ),
} as const satisfies Record<string, Setting<unknown>>

export type SettingName = keyof typeof SETTINGS
export type Settings = { readonly [N in SettingName]: Value<N> }

type Value<N extends SettingName> =
  | z.infer<(typeof SETTINGS)[N]['schema']>
  | ((typeof SETTINGS)[N] extends { readonly required: true } ? never : null)
