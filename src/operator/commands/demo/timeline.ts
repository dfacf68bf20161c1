import { byteSize } from '../../../base/byte-size.ts'
import type { Delivery, RunRecord, StepRecord, Subject } from '../../../jobs/ports.ts'
import { statusOf } from '../../../jobs/subject.ts'
import type { EntryState, Progress } from '../../../packaging/entry-state.ts'
import type { TimelineItem } from '../../../simulator/service-view.ts'
import { counted, messageOf, stepWords } from './step-words.ts'

export type History = {
  readonly deliveries: readonly Delivery[]
  readonly runs: readonly (RunRecord & { readonly steps: readonly StepRecord[] })[]
  /** The record of the entry, with the steps of a run that is not over. */
  readonly subject: Subject<EntryState> | null
  readonly open: readonly StepRecord[]
}

/**
 * Everything the records say about an entry, in words. The lines of a run stay together and stand where it ended, so
 * that what is under way comes last; a delivery that arrives meanwhile comes before it.
 */
export const timelineOf = (history: History, now: number): TimelineItem[] => {
  const open = openItems(history, now)
  const blocks = [
    ...history.deliveries.map((delivery) => ({ at: delivery.receivedAt, items: [deliveryItem(delivery)] })),
    ...history.runs.map((run) => ({
      at: run.endedAt,
      items: [...inOrder(stepItems(run.id, settledSteps(run))), endItem(run)],
    })),
    { at: Number.POSITIVE_INFINITY, items: open },
  ]
  return blocks.sort((a, b) => a.at - b.at).flatMap(({ items }) => items)
}

const inOrder = (items: TimelineItem[]): TimelineItem[] => items.sort((a, b) => a.at - b.at)

const item = (
  id: string,
  at: number,
  ms: number | null,
  state: TimelineItem['state'],
  title: string,
  detail: string | null,
  run: string | null,
): TimelineItem => ({ id, at, ms, state, title, detail, run, progress: null })

const deliveryItem = (delivery: Delivery): TimelineItem =>
  item(
    `delivery-${delivery.id}`,
    delivery.receivedAt,
    null,
    'done',
    `Delivery ${delivery.type}`,
    `${delivery.id.slice(0, 10)}… · signature ok · recorded`,
    null,
  )

/** The end of a buried run says what its last failed attempt says. */
const settledSteps = (run: History['runs'][number]): readonly StepRecord[] => {
  const last = run.outcome === 'buried' ? run.steps.findLast((step) => step.name === 'failed') : undefined
  return run.steps.filter((step) => step !== last)
}

const stepItems = (run: string, steps: readonly StepRecord[]): TimelineItem[] =>
  steps.flatMap((step, index) => {
    const words = stepWords(step)
    if (words === null) return []
    const id = `${run}-${step.name}-${index}`
    // A failed attempt is recorded with its start, and belongs after the steps it made.
    if (words.failed) return [item(id, step.at + step.ms, step.ms, 'failed', words.title, words.detail, run)]
    return [item(id, step.at, step.ms, 'done', words.title, words.detail, run)]
  })

const endItem = (run: RunRecord): TimelineItem => {
  const took = run.endedAt - run.startedAt
  const end = (state: TimelineItem['state'], title: string, detail: string) =>
    item(`end-${run.id}`, run.endedAt, took, state, title, detail || null, run.id)
  if (run.outcome === 'buried') {
    const tries = run.attempt > 1 ? counted(run.attempt, 'attempt') : ''
    return end('failed', messageOf(run.code ?? 'internal'), join(run.code ?? '', tries))
  }
  const { status, topHash, files, bytes } = run.summary
  const hash = typeof topHash === 'string' ? topHash.slice(0, 10) : ''
  if (status === 'unchanged') return end('done', 'Nothing new: the package holds this entry', hash)
  if (status === 'handedOver' || status === 'waiting') return end('waiting', 'Handed to Quilt, waiting', hash)
  return end('done', 'Packaged', join(counted(Number(files ?? 0), 'file'), byteSize(Number(bytes ?? 0))))
}

const join = (...parts: readonly string[]): string => parts.filter((part) => part !== '').join(' · ')

const openItems = ({ subject, open }: History, now: number): TimelineItem[] => {
  if (!subject) return []
  const { run, state } = subject
  const steps = run ? inOrder(stepItems(run.id, open)) : []
  const waiting = (title: string, detail: string | null) =>
    item('waiting', now, null, 'waiting', title, detail, run?.id ?? null)
  switch (statusOf(subject, now)) {
    case 'running':
      return run ? [...steps, runningItem(run.id, state.progress, now)] : []
    case 'retrying':
      return [...steps, waiting('Tried again in a moment', attemptOf(state))]
    case 'queued':
      return [...steps, waiting('Queued', 'waits for its turn')]
    case 'idle':
      return []
  }
}

const attemptOf = ({ failure }: EntryState): string | null => {
  if (failure === null || failure.retryAt === null) return null
  return `attempt ${failure.attempt + 1} at ${new Date(failure.retryAt).toISOString().slice(11, 19)} UTC`
}

const runningItem = (run: string, progress: Progress | null, now: number): TimelineItem => {
  const base = item(`now-${run}`, now, null, 'running', 'Reading the entry', null, run)
  switch (progress?.phase) {
    case 'exporting':
      return { ...base, title: 'Benchling prepares the export' }
    case 'uploading':
      return {
        ...base,
        title: `Uploading ${progress.filesDone.toLocaleString('en-US')} of ${counted(progress.filesTotal, 'file')}`,
        detail: `${byteSize(progress.bytesDone)} of ${byteSize(progress.bytesTotal)}`,
        progress: progress.bytesTotal > 0 ? progress.bytesDone / progress.bytesTotal : null,
      }
    case 'publishing':
      return { ...base, title: 'Publishing the revision' }
    default:
      return base
  }
}
