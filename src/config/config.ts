import type { Egress } from '../base/egress.ts'
import type { LogLevel } from '../base/log.ts'
import type { AppId, RegistryPlace, Tenant } from './parsers.ts'

/** The configuration of the process: parsed once, frozen, and the only form in which the rest of the house knows it. */
export type Config = {
  readonly env: 'production' | 'development' | 'test' | 'demo'
  readonly http: { readonly host: string; readonly port: number }
  /** Level of the log until the lab's settings are known. */
  readonly logLevel: LogLevel
  /** Origin of a simulated tenant; null in real life. */
  readonly simulator: string | null
  /** What the environment says of the lab; null where a secret says it. */
  readonly lab: LabConfig | null
  /** That secret. */
  readonly secret: SecretSource | null
  /** Host of the Quilt catalog; null: no links. */
  readonly catalogHost: string | null
  /** Folder of the jobs' records; null: in a table, or in memory (demo only). */
  readonly dataDir: string | null
  readonly exports: {
    readonly maxMembers: number
    readonly maxBytes: number
    /** Unpacked bytes for each packed one. */
    readonly maxRatio: number
    readonly maxBufferBytes: number
    /** Exact hosts, and `*.suffix` for everything below one. The simulator's host is not among them. */
    readonly downloadHosts: readonly string[]
    /** Networks in CIDR form within private space; the addresses of download hosts may lie in them. */
    readonly privateNetworks: readonly string[]
  }
  readonly memoryBudgetBytes: number
  readonly workers: number
  /** How long a run is held without a sign of life. */
  readonly leaseMs: number
  /** How long runs may go on after SIGTERM. */
  readonly shutdownMs: number
  /** How often Benchling is asked for what no webhook told; null: never. `rateShare` is a part of 1. */
  readonly reconcile: { readonly everyMs: number; readonly rateShare: number } | null
  /** Text of the patterns (`parseAllowList`) that packages of others must fit to be shown; empty: all. */
  readonly allowList: string
  readonly metrics: {
    /** Whether figures are written to the log for CloudWatch, and into which namespace; null: they are not. */
    readonly emf: { readonly namespace: string } | null
    /** Where the internal endpoint listens; null: nowhere. */
    readonly listen: { readonly host: string; readonly port: number } | null
  }
  /** Whether `GET /config` is answered. */
  readonly showConfig: boolean
  /** Which proxy the way out leads through. */
  readonly egress: Egress
  readonly aws: AwsConfig
}

/** A secret that holds the lab's settings, and what the environment adds to it. */
export type SecretSource = {
  /** Its name or ARN. */
  readonly id: string
  readonly around: Surroundings
  /** Where packages go when the secret names no bucket. */
  readonly registry: RegistryPlace | null
}

/** What about the process decides how the lab's settings are meant. */
export type Surroundings = {
  readonly env: Config['env']
  readonly simulator: string | null
  readonly host: string
  /** The environment itself asks for unverified deliveries. */
  readonly unverified: boolean
}

export type AwsConfig = {
  readonly region: string | null
  /** The one role for registry and Athena; null: the credentials of the process. */
  readonly roleArn: string | null
  readonly jobsTable: string | null
  readonly bellQueueUrl: string | null
  readonly deadLetterQueueUrl: string | null
  readonly publisher: 'native' | 'packager'
  readonly packagerQueueUrl: string | null
  readonly events: { readonly queueUrl: string; readonly concurrency: number } | null
  readonly kmsKeyId: string | null
  readonly athena: {
    readonly iceberg: { readonly database: string; readonly workgroup: string } | null
    readonly views: { readonly database: string; readonly workgroup: string } | null
  }
  readonly stackArn: string | null
}

/** What belongs to the lab, and may change while the service runs. Frozen; a change is another object. */
export type LabConfig = {
  readonly benchling: {
    readonly tenant: Tenant
    /** Origin that API requests go to: the tenant's, or the simulator's. */
    readonly baseUrl: string
    readonly clientId: string
    readonly clientSecret: string
  }
  readonly webhook: {
    readonly identity: { readonly app: AppId; readonly origins: readonly string[] }
    /** False: signatures are not checked. Whoever starts the service says so loudly. */
    readonly verify: boolean
    /** Somebody wants verification switched off where it may not be: it stays on, and that is said. */
    readonly refusedToSwitchOff: boolean
  }
  /** Where packages go; null: none are made. */
  readonly registry: RegistryPlace | null
  readonly packages: {
    readonly prefix: string
    readonly metadataKey: string
    readonly workflow: string | null
  }
  readonly logLevel: LogLevel
}
