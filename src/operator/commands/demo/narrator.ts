import { byteSize } from '../../../base/byte-size.ts'
import type { Activity } from '../../../jobs/activity.ts'
import type { Service } from '../../../service/start.ts'
import type { DeliveryView } from '../../../simulator/page-contract.ts'
import type { Tenant } from '../../../simulator/tenant.ts'
import type { Line } from '../../output/terminal.ts'

/** Names an entry or canvas for people, by the display id of the entry. */
type Namer = (kind: 'entry' | 'canvas', id: string) => string

/** Says what happens as it happens: each answered delivery, and what the service did. Repetitions are left out. */
export const narrate = (tenant: Tenant, service: Service, say: (line: Line) => void): void => {
  const named: Namer = (kind, id) => {
    const entryId = kind === 'entry' ? id : tenant.canvases.get(id).resourceId
    return tenant.entries.get(entryId).api.displayId
  }
  const answered = new Set<string>()
  tenant.events.on('activity', (event) => {
    if (event.kind !== 'delivery') return
    const mark = `${event.delivery.id} ${event.delivery.attempts.length}`
    const line = answered.has(mark) ? null : deliveryLine(event.delivery, named)
    if (line) {
      answered.add(mark)
      say(line)
    }
  })
  const told = new Map<string, unknown>()
  service.onActivity((activity) => {
    const { key, kind, summary } = activity
    if (kind === 'done' && summary?.status === 'unchanged' && told.get(key) === summary.topHash) return
    if (kind === 'done') told.set(key, summary?.topHash)
    const line = activityLine(activity, named)
    if (line) say(line)
  })
}

/** One line for a delivery once it was answered; null while it is on its way. */
const deliveryLine = (delivery: DeliveryView, named: Namer): Line | null => {
  const attempt = delivery.attempts.at(-1)
  if (!attempt) return null
  const ok = attempt.status !== null && attempt.status < 300
  const about = delivery.entryId ? named('entry', delivery.entryId) : delivery.id
  const answer = attempt.status ?? 'no answer'
  return {
    tone: ok ? 'ok' : 'bad',
    what: 'delivery',
    subject: about,
    facts: ok ? `${delivery.type} · signature ok · recorded · ${answer}` : `${delivery.type} · ${answer}`,
    ms: attempt.ms,
  }
}

/** Steps that take long enough to be told. */
const STEPS: Readonly<Record<string, { readonly what: string; readonly facts: string }>> = {
  'wait for export': { what: 'export', facts: 'finished by Benchling' },
  'store members': { what: 'upload', facts: 'every file hashed and stored' },
}

/** One line for what the service did, or null where it is not worth one (a canvas redrawn while work goes on). */
const activityLine = (activity: Activity, named: Namer): Line | null => {
  const [kind, id = ''] = splitKey(activity.key)
  if (kind !== 'entry' && kind !== 'canvas') return null
  const subject = named(kind, id)
  const ms = activity.ms === undefined ? {} : { ms: activity.ms }
  switch (activity.kind) {
    case 'step': {
      const step = STEPS[activity.step ?? '']
      return step ? { tone: 'ok', ...step, subject, ...ms } : null
    }
    case 'done':
      if (kind === 'canvas' && activity.summary?.status !== 'idle') return null
      return {
        tone: 'ok',
        what: kind === 'entry' ? 'package' : 'canvas',
        subject,
        facts: doneFacts(kind, activity),
        ...ms,
      }
    case 'failed':
      return { tone: 'warn', what: kind, subject, facts: `${activity.code} · tried again by itself`, ...ms }
    case 'buried':
      return {
        tone: 'bad',
        what: kind,
        subject,
        facts: `${activity.code} · press Retry on the canvas`,
        ...ms,
      }
    default:
      return null
  }
}

const doneFacts = (kind: 'entry' | 'canvas', { summary = {} }: Activity): string => {
  if (kind === 'canvas') return 'updated'
  const hash = String(summary.topHash ?? '').slice(0, 10)
  return `${summary.status} ${hash} · ${summary.files} files, ${byteSize(Number(summary.bytes ?? 0))}`
}

const splitKey = (key: string): [string, string?] => {
  const at = key.indexOf(':')
  return [key.slice(0, at), key.slice(at + 1)]
}
