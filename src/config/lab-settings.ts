import type { LogLevel } from '../base/log.ts'
import * as parse from './parsers.ts'
import { optional, preset, required } from './setting.ts'

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

/** What belongs to one lab. On AWS the secret says these, and what it says may change while the service runs. */
export const LAB_SETTINGS = {
  BENCHLING_TENANT: required(
    parse.tenant,
    'The Benchling tenant: its slug, host or any address in it. A host under benchling.test needs a simulator.',
    { secretKey: 'tenant' },
  ),
  BENCHLING_CLIENT_ID: required(parse.secret, 'Client id of the Benchling app.', { secretKey: 'client_id' }),
  BENCHLING_CLIENT_SECRET: required(
    parse.secret,
    'Client secret of the Benchling app. Never logged or shown.',
    { secretKey: 'client_secret' },
  ),
  BENCHLING_APP_DEFINITION_ID: required(
    parse.appId,
    'Whose deliveries are accepted: the app definition id (appdef_…); the app id (app_…) for legacy apps and all apps on GxP tenants.',
    { secretKey: 'app_definition_id' },
  ),
  QUILT_REGISTRY: optional(
    parse.registry,
    'Where packages go: s3://bucket, a folder, or a file:// address of a folder. Without one no packages are made, and canvases show those that reference their entry.',
    { secretKey: 'user_bucket' },
  ),
  PKG_PREFIX: preset(parse.packagePrefix, 'benchling', 'First part of every package name.', {
    secretKey: 'pkg_prefix',
  }),
  PKG_KEY: preset(
    parse.metadataKey,
    'experiment_id',
    'Metadata key by which other packages say which entry they belong to.',
    { secretKey: 'pkg_key' },
  ),
  QUILT_WORKFLOW: optional(
    parse.word,
    'Workflow of the registry that packages are checked by; without it the registry’s default.',
    { secretKey: 'workflow' },
  ),
  LOG_LEVEL: preset(
    parse.oneOf(LEVELS),
    'info',
    'debug, info, warn, error or silent. WARNING and CRITICAL are understood.',
    { secretKey: 'log_level' },
  ),
  ENABLE_WEBHOOK_VERIFICATION: preset(
    parse.flag,
    'true',
    'Whether signatures of deliveries are checked. false is refused in production, and elsewhere unless HOST is loopback.',
    { secretKey: 'enable_webhook_verification' },
  ),
} as const
