import * as parse from './aws-parsers.ts'
import { integer, oneOf, region, roleArn } from './parsers.ts'
import { optional, preset } from './setting.ts'

/** What the service uses on AWS. Names are those of existing installations where these have one. */
export const AWS_SETTINGS = {
  BenchlingSecret: optional(
    parse.secretId,
    'Name or ARN of the Secrets Manager secret that holds the lab’s settings; then BENCHLING_… variables are not needed.',
  ),
  AWS_REGION: optional(
    region,
    'Region of bucket, queues, table, secret and Athena; without it the one that the AWS configuration names.',
    { aliases: ['AWS_DEFAULT_REGION'] },
  ),
  QUILT_WRITE_ROLE_ARN: optional(
    roleArn,
    'The one role with which registry and Athena are read and written; without it the credentials of the process.',
  ),
  JOBS_TABLE: optional(
    parse.tableName,
    'DynamoDB table for the records of deliveries and jobs, instead of DATA_DIR; several tasks may share it.',
  ),
  PACKAGING_REQUEST_QUEUE_URL: optional(
    parse.queueUrl,
    'SQS FIFO queue that wakes workers of all tasks. Without it they find work within seconds by looking.',
  ),
  DEAD_LETTER_QUEUE_URL: optional(
    parse.queueUrl,
    'SQS queue that is told of every run that was given up, with its reason.',
  ),
  PACKAGE_PUBLISHER: optional(
    oneOf({ native: 'native', packager: 'packager' }),
    'native writes revisions itself, packager asks Quilt’s packager to; without it packager where PACKAGER_SQS_URL is set.',
  ),
  PACKAGER_SQS_URL: optional(parse.queueUrl, 'Queue of the packager of the Quilt stack.'),
  PACKAGE_EVENT_QUEUE_URL: optional(
    parse.queueUrl,
    'SQS queue that gets the stack’s package-revision events from EventBridge.',
  ),
  PACKAGE_EVENT_CONCURRENCY: preset(integer(1, 20), '5', 'Package events handled at the same time.'),
  S3_KMS_KEY_ID: optional(
    parse.kmsKey,
    'KMS key (ARN, id or alias) that objects are encrypted with; without it what the bucket is set to do.',
  ),
  ICEBERG_DATABASE: optional(
    parse.athenaName,
    'Athena database of the stack’s Iceberg tables, searched for packages that reference an entry.',
  ),
  ICEBERG_WORKGROUP: optional(parse.athenaName, 'Athena workgroup for it; without it ATHENA_USER_WORKGROUP.'),
  ATHENA_USER_DATABASE: optional(
    parse.athenaName,
    'Athena database with the older packages views, searched where there are no Iceberg tables.',
    { aliases: ['QUILT_DATABASE'] },
  ),
  ATHENA_USER_WORKGROUP: preset(parse.athenaName, 'primary', 'Athena workgroup, with managed query results.'),
  QuiltStackARN: optional(
    parse.stackArn,
    'ARN of the Quilt stack; shown by GET /config, its account masked, and used for nothing else.',
  ),
} as const
