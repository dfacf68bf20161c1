import * as parse from './parsers.ts'
import { optional, preset } from './setting.ts'

const MIB = 2 ** 20
const GIB = 2 ** 30
const TIB = 2 ** 40

const APP_ENVS = { production: 'production', development: 'development', test: 'test', demo: 'demo' } as const

/** How this service runs, wherever it does. */
export const SERVICE_SETTINGS = {
  QUILT_WEB_HOST: optional(
    parse.catalogHost,
    'Host of the Quilt catalog, for links; without it packages are named without links.',
  ),
  DATA_DIR: optional(
    parse.folder,
    'Folder for the records of deliveries and jobs, on a local disk. Required without JOBS_TABLE, except with APP_ENV=demo, where records may live in memory.',
  ),
  PORT: preset(parse.integer(0, 65_535), '8080', 'Port to listen on; 0 takes a free one.'),
  HOST: preset(
    parse.bindAddress,
    '0.0.0.0',
    'Address to listen on. With APP_ENV=demo the default is 127.0.0.1.',
  ),
  APP_ENV: preset(
    parse.oneOf(APP_ENVS),
    'production',
    'production, development, test or demo. Production refuses a simulator and unverified deliveries.',
    { aliases: ['ENVIRONMENT'] },
  ),
  BENCHLING_SIMULATOR_URL: optional(
    parse.loopbackOrigin,
    'Address of a simulated tenant on this machine; replaces Benchling’s addresses. Refused in production.',
  ),
  BENCHLING_TEST_MODE: preset(
    parse.flag,
    'false',
    'true switches verification off, as in the known system; the same rules as for ENABLE_WEBHOOK_VERIFICATION=false.',
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
  WORKERS: preset(parse.integer(1, 64), '4', 'Runs at the same time.', {
    aliases: ['PACKAGING_REQUEST_CONCURRENCY'],
  }),
  LEASE_SECONDS: preset(
    parse.integer(2, 600),
    '30',
    'How long a run belongs to a process that gives no sign of life; then another process takes it over.',
  ),
  SHUTDOWN_SECONDS: preset(
    parse.integer(0, 110),
    '3',
    'On SIGTERM runs under way have this long to end; the others are given back, and another process goes on with them. Let the container’s stop time-out be longer.',
    { aliases: ['PACKAGING_REQUEST_GRACEFUL_TIMEOUT'] },
  ),
  RECONCILE_SECONDS: preset(
    parse.integer(0, 86_400),
    '300',
    'How often Benchling is asked for changes that no webhook told of; 0: never. A change is seen at most this much later.',
  ),
  RECONCILE_RATE_PERCENT: preset(
    parse.integer(1, 50),
    '20',
    'Share of Benchling’s request limit that this asking may use.',
  ),
  PACKAGE_ALLOW_LIST: optional(
    parse.allowList,
    'Which packages of others canvases may show: bucket or bucket/prefix, separated by commas, * for any characters; without it those of every package bucket of the stack.',
  ),
  METRICS: preset(
    parse.oneOf({ off: 'off', emf: 'emf' }),
    'off',
    'emf writes figures as lines in CloudWatch’s embedded metric format.',
  ),
  METRICS_NAMESPACE: preset(
    parse.metricsNamespace,
    'BenchlingWebhook',
    'CloudWatch namespace of these figures; two installations in one account and region need two.',
  ),
  METRICS_PORT: optional(
    parse.integer(0, 65_535),
    'Port of the internal endpoint with the same figures, GET /metrics; without it there is none.',
  ),
  METRICS_HOST: preset(parse.bindAddress, '127.0.0.1', 'Address the internal endpoint listens on.'),
  CONFIG_ENDPOINT: preset(
    parse.flag,
    'false',
    'true answers GET /config with the resolved configuration, secrets and account ids masked.',
  ),
} as const
