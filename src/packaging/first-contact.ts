import type { Job, Steps, Touch } from '../jobs/ports.ts'
import { touchOf } from '../jobs/subject.ts'
import type { PackageName } from '../quilt/types.ts'
import type { Revision } from '../registry/ports.ts'
import { type EntryState, NEW_ENTRY } from './entry-state.ts'
import { olderCanvas } from './older-canvas.ts'
import { ownerTopic } from './package-topics.ts'
import type { PackagingPorts } from './ports.ts'

const isFirst = (state: EntryState, name: PackageName): boolean => state.adopted !== name

/**
 * Looks, before anything is published over it, which canvas the package knows from the known system. Recorded, because
 * after a crash the current revision may be ours already.
 */
export const noteOlderCanvas = async (
  job: Job<EntryState>,
  name: PackageName,
  current: Revision | null,
  { registry }: Pick<PackagingPorts, 'registry'>,
): Promise<void> => {
  if (!isFirst(job.state, name)) return
  const entryId = job.key.slice('entry:'.length)
  await job.steps.once(
    'older canvas',
    async () => current && olderCanvas(current, entryId, registry, job.signal),
  )
}

/**
 * The touches of the first run that met a package: from now on the entry listens for its events, and the canvas noted
 * before is ours. None where the record did so before.
 */
export const firstContact = async (
  job: Job<EntryState>,
  name: PackageName,
  { registry, adoptCanvas }: Pick<PackagingPorts, 'registry' | 'adoptCanvas'>,
): Promise<Touch[]> => {
  if (!isFirst(job.state, name)) return []
  const canvasId = await noted(job.steps)
  const listening: Touch = touchOf<EntryState>({
    key: job.key,
    initial: NEW_ENTRY,
    change: (subject) => subject,
    watch: registry.bucket === null ? [] : [ownerTopic(registry.bucket, name)],
  })
  return [
    ...(registry.bucket === null ? [] : [listening]),
    ...(canvasId === null ? [] : [adoptCanvas(canvasId, job.key.slice('entry:'.length))]),
  ]
}

const noted = (steps: Steps): Promise<string | null> =>
  steps.once<string | null>('older canvas', async () => null)
