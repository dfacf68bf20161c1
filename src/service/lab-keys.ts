import type { Clock } from '../base/clock.ts'
import type { Logger } from '../base/log.ts'
import type { Metrics } from '../base/metrics.ts'
import type { Config } from '../config/config.ts'
import { jwksUrl } from '../webhook/identity.ts'
import { createKeys, type Keys } from '../webhook/jwks.ts'
import type { LabSource } from './lab-source.ts'

/**
 * The keys of the app that the lab is configured with now; another app has keys of its own from the first delivery on.
 * Throws `config.secret_*` while nothing is known of the lab, and `webhook.keys_unavailable`.
 */
export const labKeys = (o: {
  readonly source: LabSource
  readonly config: Pick<Config, 'simulator' | 'egress'>
  readonly clock: Clock
  readonly log: Logger
  readonly metrics: Metrics
}): Keys => {
  let of: { readonly url: string; readonly keys: Keys; readonly replaced: AbortController } | null = null
  let warm: AbortSignal | null = null

  const keepWarm = ({ keys, replaced }: NonNullable<typeof of>): void => {
    if (warm) void keys.keepWarm(AbortSignal.any([warm, replaced.signal]))
  }

  const keys = (): Keys => {
    const url = jwksUrl(o.source.known().webhook.identity.app, o.config.simulator)
    if (of?.url !== url) {
      of?.replaced.abort()
      of = { url, keys: createKeys({ ...o, url, egress: o.config.egress }), replaced: new AbortController() }
      keepWarm(of)
    }
    return of.keys
  }

  return {
    get ageMs() {
      return of?.keys.ageMs
    },
    current: async () => keys().current(),
    renewed: async () => keys().renewed(),
    keepWarm: async (signal) => {
      warm = signal
      if (of) keepWarm(of)
      o.source.onChange(() => void keys())
    },
  }
}
