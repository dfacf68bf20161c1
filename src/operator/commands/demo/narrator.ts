import { byteSize } from '../../../base/byte-size.ts'
import type { Activity } from '../../../jobs/activity.ts'
import type { DeliveryView } from '../../../simulator/page-contract.ts'
import type { Line } from '../../output/terminal.ts'

/** Names an entry or canvas for people: its display id where it is known. */
export type Namer = (kind: 'entry' | 'canvas', id: string) => string

/** One line for a delivery once it was answered; null while it is on its way. */
export const deliveryLine = (delivery: DeliveryView, named: Namer): Line | null => {
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

const STEPS: Record<string, string> = { 'wait for export': 'export' }

/** One line for what the service did, or null where it is not worth one (a canvas redrawn while work goes on). */
export const activityLine = (activity: Activity, named: Namer): Line | null => {
  const [kind, id = ''] = splitKey(activity.key)
  if (kind !== 'entry' && kind !== 'canvas') return null
  const subject = named(kind, id)
  const ms = activity.ms === undefined ? {} : { ms: activity.ms }
  switch (activity.kind) {
    case 'step': {
      const what = STEPS[activity.step ?? '']
      return what ? { tone: 'ok', what, subject, facts: 'finished by Benchling', ...ms } : null
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
  if (kind === 'canvas') return 'drawn: shows what the record says'
  const hash = String(summary.topHash ?? '').slice(0, 10)
  return `${summary.status} ${hash} · ${summary.files} files, ${byteSize(Number(summary.bytes ?? 0))}`
}

const splitKey = (key: string): [string, string?] => {
  const at = key.indexOf(':')
  return [key.slice(0, at), key.slice(at + 1)]
}
