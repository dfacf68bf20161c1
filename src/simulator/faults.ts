import type { FaultName } from './fault-names.ts'
import type { FaultView } from './page-contract.ts'

/** What each switch does, in the words the page shows. */
const DESCRIPTIONS: Record<FaultName, readonly [label: string, description: string]> = {
  'slow-jwks': ['slow JWKS', 'The key set answers after 20 seconds.'],
  'failing-jwks': ['JWKS fails', 'The key set answers 503.'],
  'rate-limited': ['429 from API', 'Every API request is refused with 429, without Retry-After.'],
  'server-errors': ['5xx from API', 'Every API request is answered with 500, 502, 503 or 504.'],
  'dropped-connections': ['connection drops', 'API connections break before the answer, downloads half way.'],
  'expired-links': ['link expires', 'Download links are already expired when they are handed out.'],
  'no-ranges': ['no ranges', 'The download host ignores Range and always sends the whole file.'],
  'truncated-archive': ['truncated archive', 'The next exports lack their last tenth.'],
  'hostile-archive': ['damaged archive', 'In the next exports two files claim the same bytes.'],
  'hostile-names': ['hostile names', 'The next exports hold names such as ../../etc/passwd.'],
  'changed-archive': [
    'archive changes',
    'Every answer of the download host has another ETag, as if the file changed.',
  ],
  'lost-deliveries': ['lost deliveries', 'Deliveries are lost for good: nothing is sent, now or later.'],
  'duplicate-deliveries': ['duplicate deliveries', 'Every delivery arrives twice with the same id.'],
  'reordered-deliveries': ['reordered deliveries', 'A delivery is overtaken by the one after it.'],
  'missing-resource-id': ['missing resourceId', 'Canvas messages do not say which entry they belong to.'],
  'slow-canvas': ['slow canvas', 'Canvases are drawn and read 3 seconds later.'],
  'failing-canvas': ['canvas PATCH fails', 'Every PATCH of a canvas is answered with 503.'],
  'slow-export': ['slow export', 'Exports take a minute longer.'],
  'failed-export': ['failed export', 'Export tasks end as FAILED.'],
  'sessions-refused': ['sessions refused', 'App sessions can be neither made nor changed: 403.'],
}

export const FAULT_NAMES = Object.keys(DESCRIPTIONS) as FaultName[]

/** The switches. `on` stays until switched off; a number strikes that often and then turns itself off. */
export class FaultBoard {
  readonly #left = new Map<FaultName, number>()
  readonly #changed: () => void

  constructor(changed: () => void = () => {}) {
    this.#changed = changed
  }

  set(name: FaultName, on: boolean | number): void {
    const left = on === true ? Number.POSITIVE_INFINITY : on === false ? 0 : Math.max(0, Math.floor(on))
    if (left > 0) this.#left.set(name, left)
    else this.#left.delete(name)
    this.#changed()
  }

  clear(): void {
    this.#left.clear()
    this.#changed()
  }

  isOn(name: FaultName): boolean {
    return this.#left.has(name)
  }

  /** True when the fault strikes now; counts the strike. */
  strikes(name: FaultName): boolean {
    const left = this.#left.get(name)
    if (left === undefined) return false
    if (left !== Number.POSITIVE_INFINITY) this.set(name, left - 1)
    return true
  }

  all(): FaultView[] {
    return FAULT_NAMES.map((name) => {
      const left = this.#left.get(name)
      const [label, description] = DESCRIPTIONS[name]
      return {
        name,
        label,
        description,
        on: left !== undefined,
        left: left === undefined || left === Number.POSITIVE_INFINITY ? null : left,
      }
    })
  }
}
