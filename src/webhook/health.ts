import type { Clock } from '../base/clock.ts'
import { asFault, Fault } from '../base/fault.ts'
import type { JsonObject } from '../base/json.ts'
import { faultFields, type Logger } from '../base/log.ts'
import { VERSION } from '../base/version.ts'
import { type Answer, errorName } from './answers.ts'
import { HEALTH_EVERY_MS, HEALTH_WITHIN_MS } from './limits.ts'

/** One thing the service works with; throws a Fault while it is not there. */
export type HealthCheck = {
  readonly name: string
  readonly check: (signal: AbortSignal) => Promise<void>
  /** False: the service does its work without it, later or less conveniently. Default: it cannot. */
  readonly needed?: boolean
  /** False: it is not used in this installation, and the check says nothing worth failing for. Default true. */
  readonly configured?: boolean
}

/** Answers come from the last round of checks and never wait for one. */
export interface Health {
  /** Runs all checks now and again every `HEALTH_EVERY_MS`, until aborted. */
  watch(signal: AbortSignal): Promise<void>
  /** While watched: looks again now, because something may have changed. */
  look(): void
  /** Runs all checks once, each for `HEALTH_WITHIN_MS` at most. */
  refresh(signal: AbortSignal): Promise<void>
  /** From now on not ready: the service is shutting down. */
  drain(): void
  /** Always 200 while the process can answer at all; says when it is degraded. */
  healthy(): Answer
  /**
   * 503 when something needed is not there, not checked yet, or shutting down. Tells of each check what it is by name:
   * `{ configured, valid, error? }`.
   */
  ready(): Answer
  live(): Answer
  /** What keeps the service from its work now: the first needed thing that is not there; null: nothing. */
  obstacle(): Fault | 'starting' | 'stopping' | null
}

const ORCHESTRATION = 'typescript'
const STARTING = 'The service is starting.'

/** Health over the given checks. Without any it is ready at once. */
export const createHealth = (options: {
  readonly checks: readonly HealthCheck[]
  readonly clock: Clock
  readonly log: Logger
}): Health => {
  const { checks, clock, log } = options
  const failing = new Map<string, Fault>()
  let checked = checks.length === 0
  let draining = false
  let again = new AbortController()

  const run = async ({ name, check }: HealthCheck, signal: AbortSignal): Promise<void> => {
    try {
      await inTime(clock, check, signal)
      if (failing.delete(name)) log.info({ check: name }, 'health check passes again')
    } catch (thrown) {
      if (signal.aborted) return
      const fault = asFault(thrown)
      if (failing.get(name)?.code !== fault.code)
        log.warn({ check: name, ...faultFields(fault) }, 'health check fails')
      failing.set(name, fault)
    }
  }

  const refresh = async (signal: AbortSignal): Promise<void> => {
    await Promise.all(checks.map((check) => run(check, signal)))
    checked = checked || !signal.aborted
  }

  const first = (which: (check: HealthCheck) => boolean): Fault | undefined =>
    checks.flatMap((check) => (which(check) ? (failing.get(check.name) ?? []) : [])).at(0)

  const each = (): JsonObject =>
    Object.fromEntries(
      checks.map(({ name, configured = true }) => {
        const fault = failing.get(name)
        const state = { configured, valid: checked && fault === undefined }
        return [name, fault ? { ...state, error: fault.people } : state]
      }),
    )

  const obstacle = () => {
    const fault = first(({ needed = true }) => needed)
    if (fault) return fault
    if (draining) return 'stopping'
    return checked ? null : 'starting'
  }

  return {
    refresh,
    watch: async (signal) => {
      while (!signal.aborted) {
        again = new AbortController()
        const woken = AbortSignal.any([signal, again.signal])
        await refresh(signal)
        await clock.sleep(HEALTH_EVERY_MS, woken).catch(() => {})
      }
    },
    look: () => again.abort(),
    drain: () => {
      draining = true
    },
    live: () => ({ status: 200, body: { status: 'alive' } }),
    healthy: () => {
      const warning = first(() => true)?.people ?? (checked ? undefined : STARTING)
      const body = { status: 'healthy', service: 'benchling-webhook', version: VERSION }
      return { status: 200, body: warning === undefined ? body : { ...body, mode: 'degraded', warning } }
    },
    ready: () => {
      const why = obstacle()
      if (why === null)
        return { status: 200, body: { status: 'ready', orchestration: ORCHESTRATION, ...each() } }
      if (why === 'stopping') return { status: 503, body: notReady('The service is shutting down.') }
      if (why === 'starting') return { status: 503, body: notReady(STARTING) }
      return { status: 503, body: { ...degraded(why), ...each() } }
    },
    obstacle,
  }
}

const inTime = async (clock: Clock, check: HealthCheck['check'], signal: AbortSignal): Promise<void> => {
  const over = new AbortController()
  const late = clock.sleep(HEALTH_WITHIN_MS, over.signal).then(() => {
    throw new Fault('health.no_answer')
  })
  try {
    await Promise.race([check(AbortSignal.any([signal, over.signal])), late])
  } finally {
    late.catch(() => {})
    over.abort()
  }
}

const notReady = (error: string) => ({ status: 'not ready', error })

const degraded = (fault: Fault) => ({
  status: 'degraded',
  error: errorName(fault),
  message: fault.people,
  action: fault.entry.hint,
  orchestration: ORCHESTRATION,
  mode: 'degraded',
})
