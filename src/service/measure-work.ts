import type { Json } from '../base/json.ts'
import type { StepName } from '../base/metric-names.ts'
import type { Metrics } from '../base/metrics.ts'
import type { Activity } from '../jobs/activity.ts'
import { kindOf } from '../jobs/lanes.ts'
import type { Worker } from '../jobs/worker.ts'

/** Counts what a worker does; returns the function that ends it. */
export const measureWork = (activity: Worker['activity'], metrics: Metrics): (() => void) =>
  activity((one) => {
    if (one.kind === 'claimed') countBegin(metrics, one)
    else if (one.kind === 'step') countStep(metrics, one)
    else if (one.kind !== 'progress') countEnd(metrics, one, one.kind)
  })

const countBegin = (metrics: Metrics, { key, waitedMs }: Activity): void => {
  const kind = kindOf(key)
  metrics.count('runs_begun', 1, { kind })
  if (waitedMs !== undefined) metrics.observe('work_wait_seconds', waitedMs / 1000, 'Seconds', { kind })
}

/** The steps of an export that began anew, and of a hand-over, carry a hash of the content behind their name. */
const countStep = (metrics: Metrics, { step = '', ms = 0 }: Activity): void =>
  metrics.observe('step_seconds', ms / 1000, 'Seconds', {
    step: step.replace(/^(export|hand over) .*/, '$1') as StepName,
  })

const countEnd = (
  metrics: Metrics,
  { key, ms = 0, code, summary = {} }: Activity,
  outcome: 'done' | 'failed' | 'buried' | 'released',
): void => {
  const kind = kindOf(key)
  metrics.count('runs_ended', 1, { kind, outcome })
  metrics.observe('run_seconds', ms / 1000, 'Seconds', { kind })
  if (code !== undefined) metrics.count('run_faults', 1, { kind, code })
  if (kind !== 'entry' || outcome !== 'done') return
  const { status, files, bytes, archiveBytes } = summary
  metrics.count('packages', 1, { status: status as 'published' | 'unchanged' })
  if (isNumber(archiveBytes)) metrics.observe('archive_bytes', archiveBytes, 'Bytes')
  if (status !== 'published' && status !== 'handedOver') return
  if (isNumber(files)) metrics.count('published_files', files)
  if (isNumber(bytes)) metrics.count('published_bytes', bytes)
}

const isNumber = (value: Json | undefined): value is number => typeof value === 'number'
