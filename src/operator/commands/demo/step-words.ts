import { byteSize } from '../../../base/byte-size.ts'
import { ERRORS, type ErrorCode } from '../../../base/errors.ts'
import type { JsonObject } from '../../../base/json.ts'
import type { StepRecord } from '../../../jobs/ports.ts'

/** One step in words; `failed` marks an attempt that ended badly and was followed by another. */
export type StepWords = {
  readonly title: string
  readonly detail: string | null
  readonly failed?: boolean
}

/** `1 file`, `2,000 files` */
export const counted = (count: number, one: string, many = `${one}s`): string =>
  `${count.toLocaleString('en-US')} ${count === 1 ? one : many}`

/**
 * A recorded step as people are told of it, or null for what a run only notes for itself (its base, which files are
 * stored) and for what turned out to be nothing. Steps after a new export carry its number (`open archive@1`).
 */
export const stepWords = (step: StepRecord): StepWords | null => {
  const [name = '', renewal] = step.name.split('@')
  const words = wordsFor(name, (step.result ?? {}) as JsonObject)
  if (words === null || renewal === undefined || !isExport(name)) return words
  return { ...words, title: 'Another export started' }
}

const isExport = (name: string): boolean => name === 'export' || name.startsWith('export ')

const wordsFor = (name: string, result: JsonObject): StepWords | null => {
  const count = (key: string): number => Number(result[key] ?? 0)
  const fact = (key: string): string => String(result[key] ?? '')
  if (name.startsWith('marks:')) return null
  if (name.startsWith('hand over ')) return null
  if (isExport(name)) return { title: 'Export started', detail: `task ${fact('task').slice(0, 8)}` }
  switch (name) {
    case 'base':
    case 'older canvas':
    case 'discard replaced':
      return null
    case 'failed':
      return { title: messageOf(fact('code')), detail: fact('code'), failed: true }
    case 'read entry':
      return { title: 'Entry read', detail: null }
    case 'wait for export':
      return { title: 'Export finished', detail: counted(count('polls'), 'poll') }
    case 'open archive':
      return {
        title: `Archive opened, ${counted(count('members'), 'member')}`,
        detail: `${byteSize(count('archiveBytes'))} · directory checked`,
      }
    case 'compare attachments':
      return compared(count('lacking'), count('missing'))
    case 'store members':
      return {
        title: `${counted(count('files'), 'file')} stored`,
        detail: `${counted(count('requests'), 'request')} · every checksum right`,
      }
    case 'store attachments':
      return some(count('files'), `${counted(count('files'), 'attachment')} fetched`)
    case 'name links':
      return some(count('links'), `${counted(count('links'), 'linked object')} named`)
    case 'store documents':
      return { title: 'Documents and tables written', detail: null }
    case 'publish':
      return {
        title: PUBLISHED[fact('status')] ?? 'Revision published',
        detail: fact('topHash').slice(0, 10),
      }
    default:
      return { title: name.charAt(0).toUpperCase() + name.slice(1), detail: null }
  }
}

const PUBLISHED: Readonly<Record<string, string>> = {
  unchanged: 'Nothing new to publish',
  handedOver: 'Handed to Quilt',
}

const some = (count: number, title: string): StepWords | null => (count > 0 ? { title, detail: null } : null)

const compared = (lacking: number, missing: number): StepWords | null => {
  const parts = [
    lacking > 0 ? `${lacking} to fetch` : null,
    missing > 0 ? `${missing} not to be had` : null,
  ].filter((part) => part !== null)
  return parts.length > 0 ? { title: 'Attachments the export lacks', detail: parts.join(' · ') } : null
}

/** The catalogue's sentence for a code, or the code itself when a newer version wrote it. */
export const messageOf = (code: string): string =>
  Object.hasOwn(ERRORS, code) ? ERRORS[code as ErrorCode].people : `Failed: ${code}`
