import { setTimeout } from 'node:timers/promises'
import { CreateTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { tableDefinition } from '../../../src/aws/dynamo-table.ts'
import { createS3PackagePrefix } from '../../../src/aws/s3-package-prefix.ts'
import { createS3Store } from '../../../src/aws/s3-store.ts'
import { createLog } from '../../../src/base/log.ts'
import { MemoryPackager, type PackagerMessage } from '../../registry/memory-packager.ts'
import { AthenaServer } from '../../support/athena-server.ts'
import { type DynamoServer, startDynamoServer } from '../../support/dynamo-server.ts'
import { type S3Server, startS3Server } from '../../support/s3-server.ts'
import type { Versioning } from '../../support/s3-server-bucket.ts'
import { type Secrets, secretsManager } from '../../support/secrets-server.ts'
import { type SqsServer, startSqsServer } from '../../support/sqs-server.ts'
import { type Listening, listening, type Sts, sts } from '../../support/sts-server.ts'
import { LeapingClock } from './leaping-clock.ts'

const ROLE = 'arn:aws:iam::111122223333:role/lab/quilt-writer'
const TABLE = 'jobs'
export const BUCKET = 'lab-data'
/** Where a lab may move to. */
export const OTHER_BUCKET = 'lab-moved'
/** Of the same Quilt stack: others keep their packages in it. */
export const OTHERS = 'others'
const log = createLog('silent')

type Parts = {
  readonly clock: LeapingClock
  readonly dynamo: DynamoServer
  readonly sqs: SqsServer
  readonly s3: S3Server
  readonly athena: AthenaServer
  readonly secrets: Secrets
  readonly sts: Sts
  readonly listeners: readonly Listening[]
}

const QUEUES = {
  PACKAGING_REQUEST_QUEUE_URL: 'bell.fifo',
  DEAD_LETTER_QUEUE_URL: 'dead.fifo',
  PACKAGE_EVENT_QUEUE_URL: 'events',
  PACKAGER_SQS_URL: 'packager',
} as const
type QueueVariable = keyof typeof QUEUES

/** An account in this process: every service of AWS that ours uses, as a small strict server on loopback. */
export class AwsAccount implements AsyncDisposable {
  readonly clock: LeapingClock
  readonly dynamo: DynamoServer
  readonly sqs: SqsServer
  readonly s3: S3Server
  readonly athena: AthenaServer
  readonly secrets: Secrets
  readonly sts: Sts
  readonly #queues = new Map<QueueVariable, ReturnType<SqsServer['queue']>>()
  readonly #listeners: readonly Listening[]
  readonly #before = { ...process.env }

  private constructor(parts: Parts) {
    this.clock = parts.clock
    this.dynamo = parts.dynamo
    this.sqs = parts.sqs
    this.s3 = parts.s3
    this.athena = parts.athena
    this.secrets = parts.secrets
    this.sts = parts.sts
    this.#listeners = parts.listeners
  }

  /** The SDK of this process finds the account by the environment until disposed. */
  static async start(versioning: Versioning = 'enabled'): Promise<AwsAccount> {
    const clock = new LeapingClock()
    const [dynamo, sqs, s3, athena] = await Promise.all([
      startDynamoServer(),
      startSqsServer(clock),
      startS3Server({ buckets: { [BUCKET]: versioning, [OTHER_BUCKET]: 'enabled', [OTHERS]: 'enabled' } }),
      AthenaServer.start(),
    ])
    const role = sts({ roleArn: ROLE, clock, keys: s3.credentials })
    const secrets = secretsManager()
    const listeners = await Promise.all([listening(role.listener), listening(secrets.listener)])
    const account = new AwsAccount({ clock, dynamo, sqs, s3, athena, secrets, sts: role, listeners })
    const [stsAt, secretsAt] = listeners.map(({ url }) => url)
    Object.assign(process.env, {
      AWS_ACCESS_KEY_ID: sqs.credentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: sqs.credentials.secretAccessKey,
      AWS_CONFIG_FILE: '/dev/null',
      AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
      AWS_EC2_METADATA_DISABLED: 'true',
      AWS_ENDPOINT_URL_DYNAMODB: dynamo.url,
      AWS_ENDPOINT_URL_S3: s3.url,
      AWS_ENDPOINT_URL_ATHENA: athena.url,
      AWS_ENDPOINT_URL_STS: stsAt,
      AWS_ENDPOINT_URL_SECRETS_MANAGER: secretsAt,
    })
    const client = new DynamoDBClient({ region: sqs.region })
    await client.send(new CreateTableCommand(tableDefinition(TABLE)))
    client.destroy()
    return account
  }

  /** What makes the service use it, with these queues beside the bell. */
  env(...queues: QueueVariable[]): Record<string, string> {
    const urls = (['PACKAGING_REQUEST_QUEUE_URL', ...queues] as const).map(
      (name) => [name, this.#queue(name).url] as const,
    )
    return {
      DATA_DIR: '',
      AWS_REGION: this.sqs.region,
      JOBS_TABLE: TABLE,
      QUILT_REGISTRY: `s3://${BUCKET}`,
      QUILT_WRITE_ROLE_ARN: ROLE,
      ...Object.fromEntries(urls),
    }
  }

  queue(name: QueueVariable) {
    return this.#queue(name).queue
  }

  /** Resolves when every message of a queue was dealt with. */
  async emptied(name: QueueVariable): Promise<void> {
    while (this.queue(name).messages.length > 0) await setTimeout(5)
  }

  #queue(name: QueueVariable) {
    const known = this.#queues.get(name) ?? this.sqs.queue(QUEUES[name])
    this.#queues.set(name, known)
    return known
  }

  /** Quilt's packager on the queue that the service sends to. `events` puts what it raises into the event queue. */
  async packager() {
    const place = { bucket: BUCKET, region: this.sqs.region, credentials: this.s3.credentials }
    const parts = { ...place, clock: this.clock, log }
    const made = new MemoryPackager(await createS3Store(parts), await createS3PackagePrefix(parts))
    return {
      /** Takes every message that waits, and builds; each event is handed to `raise` before `latest` moves. */
      work: async (raise: (event: string) => unknown = () => {}): Promise<string[]> => {
        const never = new AbortController().signal
        const waits = { most: 10, visibilityMs: 60_000, waitMs: 0, attempt: null }
        const queue = this.queue('PACKAGER_SQS_URL')
        for (const message of await queue.receive(waits, never)) {
          await made.send(message.body)
          queue.remove(message.receipt!)
        }
        return made.build(async (event) => void (await raise(event)))
      },
      sent: made.sent as readonly PackagerMessage[],
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const name of Object.keys(process.env)) if (!(name in this.#before)) delete process.env[name]
    Object.assign(process.env, this.#before)
    for (const one of this.#listeners) await one[Symbol.asyncDispose]()
    await Promise.all([this.dynamo, this.sqs, this.s3, this.athena].map((server) => server.close()))
    this.clock[Symbol.dispose]()
  }
}
