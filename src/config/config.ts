import type { LogLevel } from '../base/log.ts'
import type { AppId, RegistryPlace, Tenant } from './parsers.ts'

/** The whole configuration: parsed once, frozen, and the only form in which the rest of the house knows it. */
export type Config = {
  readonly env: 'production' | 'development' | 'test' | 'demo'
  readonly logLevel: LogLevel
  readonly benchling: {
    readonly tenant: Tenant
    /** Origin that API requests go to: the tenant's, or the simulator's. */
    readonly baseUrl: string
    readonly clientId: string
    readonly clientSecret: string
    /** Origin of a simulated tenant; null in real life. */
    readonly simulator: string | null
  }
  readonly webhook: {
    readonly identity: { readonly app: AppId; readonly origins: readonly string[] }
    /** False: signatures are not checked. Whoever starts the service says so loudly. */
    readonly verify: boolean
  }
  readonly http: { readonly host: string; readonly port: number }
  readonly registry: RegistryPlace & { readonly region: string | null }
  readonly packages: {
    readonly prefix: string
    readonly metadataKey: string
    readonly workflow: string | null
    /** Host of the Quilt catalog; null: no links. */
    readonly catalogHost: string | null
  }
  /** Folder of the jobs' records; null: in memory (demo only). */
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
}
