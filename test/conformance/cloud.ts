import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { CreateTableCommand, type CreateTableCommandInput, DynamoDBClient } from '@aws-sdk/client-dynamodb'
import {
  CreateSecretCommand,
  PutSecretValueCommand,
  SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager'
import type { S3Address } from '../../src/aws/s3-client.ts'
import type { Tenant } from '../../src/simulator/tenant.ts'
import { DYNAMO_CREDENTIALS, startDynamoServer } from '../support/dynamo-server.ts'
import { WireProxy } from '../support/wire-proxy.ts'
import { CREDENTIALS, type Emulator, REGION, startMoto, startVersitygw } from './emulators.ts'
import { tool } from './tools.ts'

const run = promisify(execFile)
const SETUP = join(import.meta.dirname, 'cloud_setup.py')

export type CloudOptions = {
  /** `versitygw` keeps the bucket, signatures and all; it knows no assumed role. Default: moto, like everything else. */
  readonly s3?: 'moto' | 'versitygw'
  /** Default true: a secret holds the lab's settings. */
  readonly secret?: boolean
  readonly table: CreateTableCommandInput
  /**
   * True: the table is kept by the suite's own DynamoDB. moto copies all of a table at every transaction, which is too slow
   * where many entries meet.
   */
  readonly quickTable?: boolean
}

type Address = Pick<S3Address, 'endpoint' | 'region' | 'credentials'>

type Made = {
  readonly queues: Readonly<Record<string, string>>
  readonly roleArn?: string
}

export const BUCKET = 'lab-data'
export const SECRET = 'lab/benchling'
const QUEUES = { bell: 'bell.fifo', dead: 'dead.fifo', packager: 'packager', events: 'events' }

/** An AWS account as the infrastructure sets it up, in emulators behind a proxy that counts, and breaks what it is told to. */
export class Cloud implements AsyncDisposable {
  readonly moto: Emulator
  /** Everything goes through it but the bucket of versitygw. */
  readonly wire: WireProxy
  readonly queues: Readonly<Record<keyof typeof QUEUES, string>>
  readonly roleArn: string | null
  /** Where the bucket is, past the proxy. */
  readonly s3Address: S3Address
  /** Where the table is, past the proxy. */
  readonly tableAddress: Address
  /** What the bucket's calls go through. */
  readonly s3: WireProxy
  /** The same for quilt3. */
  readonly s3Env: Readonly<Record<string, string>>
  readonly #close: (() => Promise<unknown>)[]
  readonly #keys: typeof CREDENTIALS

  private constructor(its: {
    moto: Emulator
    wire: WireProxy
    s3: WireProxy
    bucket: Emulator
    table: Address
    keys: typeof CREDENTIALS
    made: Made
    role: boolean
    close: (() => Promise<unknown>)[]
  }) {
    this.moto = its.moto
    this.wire = its.wire
    this.s3 = its.s3
    this.tableAddress = its.table
    this.#keys = its.keys
    this.s3Address = its.bucket.address
    this.s3Env = its.bucket.env
    this.#close = its.close
    this.roleArn = its.role ? (its.made.roleArn ?? null) : null
    const url = (name: string) => its.made.queues[name]!.replace(/^https?:\/\/[^/]+/, its.wire.url)
    this.queues = {
      bell: url(QUEUES.bell),
      dead: url(QUEUES.dead),
      packager: url(QUEUES.packager),
      events: url(QUEUES.events),
    }
  }

  static async start(tenant: Tenant, options: CloudOptions): Promise<Cloud> {
    const moto = await startMoto()
    const close: (() => Promise<unknown>)[] = [() => moto.close()]
    const quick = options.quickTable ? await startQuickTable(options.table) : null
    if (quick) close.push(() => quick.close())
    const wire = await WireProxy.start(moto.url, quick ? { elsewhere: { dynamodb: quick.url } } : {})
    close.unshift(() => wire[Symbol.asyncDispose]())
    let s3 = wire
    const own = options.s3 === 'versitygw' ? await startVersitygw() : null
    if (own) {
      close.push(() => own.close())
      await own.createBucket(BUCKET, true)
      s3 = await WireProxy.start(own.url)
      const proxy = s3
      close.unshift(() => proxy[Symbol.asyncDispose]())
    }
    const asked = {
      buckets: own ? [] : [BUCKET],
      ...(quick ? {} : { table: options.table }),
      queues: Object.values(QUEUES),
      role: 'quilt-write',
      eventsTo: QUEUES.events,
      ...(options.secret === false ? {} : { secret: { name: SECRET, value: secretOf(tenant) } }),
    }
    const made = JSON.parse(await python(SETUP, [JSON.stringify(asked)], cloudEnv(moto.url))) as Made
    const keys = quick ? DYNAMO_CREDENTIALS : CREDENTIALS
    const table = { endpoint: quick?.url ?? moto.url, region: REGION, credentials: keys }
    return new Cloud({ moto, wire, s3, bucket: own ?? moto, table, keys, made, role: own === null, close })
  }

  /** Creates the secret, or gives it another value. */
  async putSecret(value: Readonly<Record<string, unknown>>): Promise<void> {
    const { endpoint, region, credentials } = this.moto.address
    const client = new SecretsManagerClient({
      endpoint: String(endpoint),
      region: region!,
      credentials: credentials!,
    })
    const SecretString = JSON.stringify(value)
    try {
      await client
        .send(new PutSecretValueCommand({ SecretId: SECRET, SecretString }))
        .catch(() => client.send(new CreateSecretCommand({ Name: SECRET, SecretString })))
    } finally {
      client.destroy()
    }
  }

  /** What the task definition gives a task. */
  env(more: Record<string, string> = {}): Record<string, string> {
    return {
      ...cloudEnv(this.wire.url, this.#keys),
      AWS_ENDPOINT_URL_S3: this.s3.url,
      APP_ENV: 'test',
      HOST: '127.0.0.1',
      PORT: '0',
      LOG_LEVEL: 'info',
      BenchlingSecret: SECRET,
      JOBS_TABLE: 'jobs',
      QUILT_WEB_HOST: 'catalog.example.com',
      PACKAGING_REQUEST_QUEUE_URL: this.queues.bell,
      DEAD_LETTER_QUEUE_URL: this.queues.dead,
      PACKAGE_EVENT_QUEUE_URL: this.queues.events,
      ...(this.roleArn === null ? {} : { QUILT_WRITE_ROLE_ARN: this.roleArn }),
      ...more,
    }
  }

  /** What an operator does, past the proxy: an action of a service that speaks JSON, like `secretsmanager.CreateSecret`. */
  async call(service: string, target: string, body: object): Promise<unknown> {
    const scope = `${CREDENTIALS.accessKeyId}/20261128/${REGION}/${service}/aws4_request`
    const answer = await fetch(this.moto.url, {
      method: 'POST',
      headers: {
        'content-type': 'application/x-amz-json-1.1',
        'x-amz-target': target,
        authorization: `AWS4-HMAC-SHA256 Credential=${scope}, SignedHeaders=host, Signature=0`,
      },
      body: JSON.stringify(body),
    })
    if (!answer.ok) throw new Error(`${target}: ${answer.status} ${await answer.text()}`)
    return answer.json()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const close of this.#close) await close()
  }
}

/** For whatever speaks to the emulator, boto included. */
export const cloudEnv = (url: string, keys = CREDENTIALS): Record<string, string> => ({
  AWS_ENDPOINT_URL: url,
  AWS_REGION: REGION,
  AWS_DEFAULT_REGION: REGION,
  AWS_ACCESS_KEY_ID: keys.accessKeyId,
  AWS_SECRET_ACCESS_KEY: keys.secretAccessKey,
  AWS_EC2_METADATA_DISABLED: 'true',
})

/** The secret of this tenant's app, as existing installations have it. */
export const secretOf = (tenant: Tenant, more: Record<string, unknown> = {}): Record<string, unknown> => ({
  tenant: tenant.credentials.tenant,
  client_id: tenant.credentials.clientId,
  client_secret: tenant.credentials.clientSecret,
  app_definition_id: tenant.credentials.appDefinitionId,
  pkg_prefix: 'benchling',
  pkg_key: 'experiment_id',
  user_bucket: BUCKET,
  log_level: 'INFO',
  enable_webhook_verification: 'true',
  workflow: '',
  ...more,
})

const startQuickTable = async (definition: CreateTableCommandInput) => {
  const server = await startDynamoServer()
  const client = new DynamoDBClient({ endpoint: server.url, region: REGION, credentials: DYNAMO_CREDENTIALS })
  await client.send(new CreateTableCommand(definition))
  client.destroy()
  return server
}

export const python = async (
  script: string,
  args: readonly string[],
  env: Record<string, string>,
): Promise<string> => {
  const { stdout } = await run(tool('python'), ['-I', script, ...args], {
    env: { PATH: process.env.PATH ?? '', LC_ALL: 'C.UTF-8', ...env },
    maxBuffer: 64 * 2 ** 20,
  })
  return stdout
}
