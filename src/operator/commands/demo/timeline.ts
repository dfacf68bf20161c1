import type { JsonObject } from '../../../base/json.ts'
import type { Delivery, RunRecord, StepRecord, Subject } from '../../../jobs/ports.ts'
import { statusOf } from '../../../jobs/subject.ts'
import type { EntryState, Progress } from '../../../packaging/entry-state.ts'
import type { TimelineItem } from '../../../simulator/page-contract.ts'
import { size } from '../../output/terminal.ts'

export type History = {
  readonly deliveries: readonly Delivery[]
  readonly runs: readonly (RunRecord & { readonly steps: readonly StepRecord[] })[]
  /** The record of the entry, with the steps of a run that is not over. */
  readonly subject: Subject<EntryState> | null
  readonly open: readonly StepRecord[]
}

/** Everything the records say about an entry, oldest first, in words. */
export const timelineOf = (history: History, now: number): TimelineItem[] => {
  const items = [
    ...history.deliveries.map(deliveryItem),
    ...history.runs.flatMap((run) => [...stepItems(run.id, run.steps), endItem(run)]),
    ...openItems(history, now),
  ]
  return items.sort((a, b) => a.at - b.at)
}

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
    `${delivery.id} · signature ok · recorded`,
    null,
  )

/** Notes the run keeps for itself are left out. */
const stepItems = (run: string, steps: readonly StepRecord[]): TimelineItem[] =>
  steps.filter((step) => step.name !== 'base').map((step) => stepItem(run, step))

const stepItem = (run: string, step: StepRecord): TimelineItem => {
  const { title, detail } = stepText(step.name, step.result as JsonObject)
  return item(`${run}-${step.name}-${step.at}`, step.at, step.ms, 'done', title, detail, run)
}

const stepText = (name: string, result: JsonObject | null): { title: string; detail: string | null } => {
  const fact = (key: string): string => String(result?.[key] ?? '?')
  if (name === 'export' || name.startsWith('export '))
    return { title: 'Export started', detail: `task ${fact('task').slice(0, 8)}` }
  switch (name) {
    case 'read entry':
      return { title: 'Entry read', detail: null }
    case 'wait for export':
      return { title: 'Export finished', detail: `${fact('polls')} polls` }
    case 'open archive':
      return {
        title: `Archive opened, ${fact('members')} members`,
        detail: `${size(Number(result?.archiveBytes ?? 0))} · directory checked`,
      }
    case 'compare attachments':
      return {
        title: 'Attachments compared',
        detail: `${fact('lacking')} to fetch, ${fact('missing')} not to be had`,
      }
    case 'store members':
      return {
        title: `${fact('files')} files stored`,
        detail: `${fact('requests')} requests · every checksum right`,
      }
    case 'store attachments':
      return { title: `${fact('files')} attachments fetched`, detail: null }
    case 'store documents':
      return { title: 'Documents and tables', detail: null }
    case 'publish':
      return {
        title: result?.status === 'unchanged' ? 'Nothing new to publish' : 'Revision published',
        detail: fact('topHash').slice(0, 10),
      }
    default:
      return { title: name.charAt(0).toUpperCase() + name.slice(1), detail: null }
  }
}

const endItem = (run: RunRecord): TimelineItem => {
  const buried = run.outcome === 'buried'
  const title = buried ? `Failed: ${run.code}` : `Package ${String(run.summary.status ?? 'done')}`
  const hash = typeof run.summary.topHash === 'string' ? run.summary.topHash.slice(0, 10) : ''
  const detail = buried
    ? run.detail
    : [hash, typeof run.summary.files === 'number' ? `${run.summary.files} files` : '']
        .filter(Boolean)
        .join(' · ')
  return item(
    `end-${run.id}`,
    run.endedAt,
    run.endedAt - run.startedAt,
    buried ? 'failed' : 'done',
    title,
    detail || null,
    run.id,
  )
}

const openItems = ({ subject, open }: History, now: number): TimelineItem[] => {
  if (!subject) return []
  const status = statusOf(subject, now)
  const run = subject.run
  const steps = run ? stepItems(run.id, open) : []
  const last = (id: string, state: TimelineItem['state'], title: string, detail: string | null) => [
    ...steps,
    item(id, now, null, state, title, detail, run?.id ?? null),
  ]
  switch (status) {
    case 'running':
      return run ? [...steps, runningItem(run.id, subject.state.progress, now)] : []
    case 'retrying':
      return last('retrying', 'waiting', 'Waiting to try again', subject.state.failure?.code ?? null)
    case 'queued':
      return last('queued', 'waiting', 'Queued', null)
    case 'idle':
      return []
  }
}

const runningItem = (run: string, progress: Progress | null, now: number): TimelineItem => {
  const base = item(`now-${run}`, now, null, 'running', 'Reading the entry', null, run)
  switch (progress?.phase) {
    case 'exporting':
      return { ...base, title: 'Benchling prepares the export' }
    case 'uploading':
      return {
        ...base,
        title: `Uploading ${progress.filesDone} of ${progress.filesTotal}`,
        detail: `${size(progress.bytesDone)} of ${size(progress.bytesTotal)}`,
        progress: progress.bytesTotal > 0 ? progress.bytesDone / progress.bytesTotal : null,
      }
    case 'publishing':
      return { ...base, title: 'Publishing the revision' }
    default:
      return base
  }
}
