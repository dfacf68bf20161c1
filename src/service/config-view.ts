import { asFault } from '../base/fault.ts'
import type { JsonObject } from '../base/json.ts'
import type { Config, LabConfig } from '../config/config.ts'
import { type Answer, errorName } from '../webhook/answers.ts'
import type { LabSource } from './lab-source.ts'

/** Characters of a masked value that are shown. */
const SHOWN = 4

/** `***` and the last characters; nothing of short values. */
export const masked = (value: string | null): string | null =>
  value === null ? null : value.length <= SHOWN ? '***' : `***${value.slice(-SHOWN)}`

/** An ARN without its account (its fifth part). */
export const maskedArn = (arn: string | null): string | null =>
  arn?.replace(
    /^((?:[^:]*:){4})([^:]+)/,
    (_, before: string, account: string) => `${before}${masked(account)}`,
  ) ?? null

/** The URL of a queue without its account. */
export const maskedQueue = (url: string | null): string | null =>
  url?.replace(/\/(\d{4,})\//, (_, account: string) => `/${masked(account)}/`) ?? null

/**
 * The resolved configuration as `GET /config` shows it, in the groups that existing tools read (peer-service.md §1.3):
 * no credentials, accounts masked. 200 also while nothing is known of the lab, with the reason.
 */
export const configView = (config: Config, source: LabSource, version: string): Answer => {
  let lab: LabConfig | null = null
  let trouble: JsonObject = {}
  try {
    lab = source.known()
  } catch (thrown) {
    const fault = asFault(thrown)
    trouble = {
      status: 'degraded',
      mode: 'degraded',
      error: errorName(fault),
      message: fault.people,
      action: fault.entry.hint,
    }
  }
  const { aws, secret } = config
  return {
    status: 200,
    body: {
      ...trouble,
      version,
      aws: {
        region: aws.region,
        quilt_stack_arn: maskedArn(aws.stackArn),
        benchling_secret_name: maskedArn(secret?.id ?? null),
        role: maskedArn(aws.roleArn),
        jobs_table: aws.jobsTable,
      },
      security: {
        webhook_verification_enabled: lab?.webhook.verify ?? null,
        verification_layers: ['service'],
      },
      quilt: {
        catalog: config.catalogHost,
        database: aws.athena.views?.database ?? null,
        iceberg_database: aws.athena.iceberg?.database ?? null,
        bucket: lab?.registry?.kind === 's3' ? lab.registry.bucket : null,
        publisher: aws.publisher,
        queue_url: maskedQueue(aws.packagerQueueUrl),
      },
      benchling: {
        tenant: lab?.benchling.tenant.host ?? null,
        client_id: masked(lab?.benchling.clientId ?? null),
        app_definition_id: lab?.webhook.identity.app.id ?? null,
        secret_source: secret === null ? 'environment' : 'aws_secrets_manager',
        secret_name: maskedArn(secret?.id ?? null),
      },
      parameters: {
        pkg_prefix: lab?.packages.prefix ?? null,
        pkg_key: lab?.packages.metadataKey ?? null,
        workflow: lab?.packages.workflow ?? null,
        user_bucket: lab?.registry?.kind === 's3' ? lab.registry.bucket : null,
        log_level: lab?.logLevel ?? null,
        enable_webhook_verification: lab?.webhook.verify ?? null,
      },
    },
  }
}
