import type { Clock } from '../base/clock.ts'
import { asFault, Fault } from '../base/fault.ts'
import { faultFields, type Logger } from '../base/log.ts'
import { backoffMs } from '../base/retry.ts'
import type { LabConfig, SecretSource } from '../config/config.ts'
import { parseSecret } from '../config/secret.ts'

/** How long what the secret said is served before it is read again. */
export const SECRET_REFRESH_MS = 60_000
/** A secret that cannot be read, or is wrong, is read again after this, growing up to a minute. */
const SECRET_RETRY_MS = 5_000

/** Where the lab's settings come from, and may change. */
export interface LabSource {
  /** What is known now; never waits. Throws `config.secret_*` while nothing is. */
  known(): LabConfig
  /** Called with every new configuration, the first included. */
  onChange(listener: (lab: LabConfig) => void): void
  /** Resolves when it was read for the first time, or could not be. */
  readonly looked: Promise<void>
  /** Throws why the last reading failed; what was known before stays in use. */
  check(): Promise<void>
  /** Keeps it fresh until aborted. */
  watch(signal: AbortSignal): Promise<void>
}

/** A lab that the environment describes: it never changes. */
export const fixedLab = (lab: LabConfig): LabSource => ({
  known: () => lab,
  onChange: (listener) => listener(lab),
  looked: Promise.resolve(),
  check: async () => {},
  watch: async () => {},
})

/**
 * A lab that a secret describes. It is read every minute by one reader, whoever asks; meanwhile and when it cannot be
 * read, what it said last holds. Deliveries never wait for it.
 */
export const labFromSecret = (o: {
  readonly source: SecretSource
  readonly read: (signal: AbortSignal) => Promise<string>
  readonly clock: Clock
  readonly log: Logger
}): LabSource => {
  const listeners: ((lab: LabConfig) => void)[] = []
  let known: { readonly text: string; readonly lab: LabConfig } | null = null
  const looked = Promise.withResolvers<void>()
  let failure: Fault | null = new Fault('config.secret_unavailable', { why: 'not read yet' })

  const refresh = async (signal: AbortSignal): Promise<boolean> => {
    try {
      const text = await o.read(signal)
      if (text !== known?.text) {
        known = { text, lab: parseSecret(text, o.source) }
        o.log.info({}, 'the secret was read, its settings are in use')
        for (const listener of listeners) listener(known.lab)
      }
      failure = null
      return true
    } catch (thrown) {
      if (signal.aborted) return false
      const fault = asFault(thrown)
      if (fault.code !== failure?.code || fault.detail !== failure.detail)
        o.log.error({ ...faultFields(fault), inUse: known !== null }, 'the secret could not be used')
      failure = fault
      return false
    }
  }

  return {
    known: () => {
      if (known) return known.lab
      throw failure ?? new Fault('internal')
    },
    onChange: (listener) => {
      listeners.push(listener)
      if (known) listener(known.lab)
    },
    looked: looked.promise,
    check: async () => {
      if (failure) throw failure
    },
    watch: async (signal) => {
      for (let failures = 0; !signal.aborted; ) {
        failures = (await refresh(signal)) ? 0 : failures + 1
        looked.resolve()
        const wait =
          failures === 0 ? SECRET_REFRESH_MS : backoffMs(failures, SECRET_RETRY_MS, SECRET_REFRESH_MS)
        await o.clock.sleep(wait, signal).catch(() => {})
      }
    },
  }
}
