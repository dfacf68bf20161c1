import { z } from 'zod'
import type { Clock } from '../base/clock.ts'
import { DIRECT, type Egress } from '../base/egress.ts'
import type { Logger } from '../base/log.ts'
import { type Metrics, NO_METRICS } from '../base/metrics.ts'
import { VERSION } from '../base/version.ts'
import { checked } from './answer.ts'
import { Api } from './api.ts'
import { canvasesOf } from './canvases.ts'
import { changesOf } from './changes.ts'
import { DownloadClient, type DownloadLimits } from './download-client.ts'
import type { DownloadRules } from './download-rules.ts'
import { entrySchema } from './entry.ts'
import { exportsOf } from './exports.ts'
import { externalFilesOf } from './external-files.ts'
import {
  BODY_STALL_TIMEOUT_MS,
  DOWNLOAD_HEADERS_TIMEOUT_MS,
  DOWNLOAD_STALL_TIMEOUT_MS,
  HEADERS_TIMEOUT_MS,
  JSON_ANSWER_MAX_BYTES,
} from './limits.ts'
import { namesOf } from './names.ts'
import type { Benchling, BenchlingChanges } from './ports.ts'
import type { RateStatus } from './rate-gate.ts'
import { withoutSignedAddresses } from './scrub.ts'
import { sessionsOf } from './sessions.ts'
import type { Credentials } from './token.ts'
import type { HttpLimits } from './transport.ts'

export type BenchlingOptions = {
  /** The tenant, `https://acme.benchling.com`, or the simulator's `http://127.0.0.1:port`. Credentials go there. */
  readonly apiBase: string
  /** Asked before every call, so it should be cheap; when what it says changes, a new token is fetched. */
  readonly credentials: () => Promise<Credentials>
  readonly downloads: DownloadRules
  /** Which proxy the API and downloads are reached through; default: none. */
  readonly egress?: Egress
  readonly clock: Clock
  readonly log: Logger
  readonly limits?: Partial<HttpLimits>
  readonly downloadLimits?: Partial<DownloadLimits>
  /** Jitter, for tests; Math.random unless given. */
  readonly random?: () => number
  readonly metrics?: Metrics
}

export type BenchlingClient = Benchling &
  BenchlingChanges & {
    /** How much of the app's request budget is left, as the last answers said. */
    readonly rate: RateStatus
    /** Ends everything under way and frees all connections. */
    close(): Promise<void>
  }

const ENTRY = 'GET /entries/{entry_id}'
const entryAnswer = z.looseObject({ entry: entrySchema })

/** A client for one tenant. Throws `config.invalid` when the address is none. */
export const createBenchling = (options: BenchlingOptions): BenchlingClient => {
  const {
    apiBase,
    credentials,
    clock,
    log,
    egress = DIRECT,
    random = Math.random,
    metrics = NO_METRICS,
  } = options
  const limits = {
    headersTimeoutMs: HEADERS_TIMEOUT_MS,
    bodyStallTimeoutMs: BODY_STALL_TIMEOUT_MS,
    maxAnswerBytes: JSON_ANSWER_MAX_BYTES,
    ...options.limits,
  }
  const downloadLimits = {
    headersTimeoutMs: DOWNLOAD_HEADERS_TIMEOUT_MS,
    stallTimeoutMs: DOWNLOAD_STALL_TIMEOUT_MS,
    ...options.downloadLimits,
  }
  const userAgent = `benchling-webhook/${VERSION}`
  const api = new Api({ apiBase, egress, credentials, clock, log, limits, userAgent, random, metrics })
  const downloads = new DownloadClient(options.downloads, clock, downloadLimits, random, egress)
  return {
    entry: async (id, signal) => {
      const json = await api.call(
        { operation: ENTRY, method: 'GET', path: ['entries', id], repeat: 'always' },
        signal,
      )
      return checked(entryAnswer, ENTRY, withoutSignedAddresses(json)).entry
    },
    ...externalFilesOf(api, downloads),
    ...exportsOf(api, downloads, clock),
    ...namesOf(api, clock),
    ...canvasesOf(api),
    ...sessionsOf(api),
    ...changesOf(api),
    get rate() {
      return api.gate.status
    },
    close: async () => {
      await Promise.all([api.close(), downloads.close()])
    },
  }
}
