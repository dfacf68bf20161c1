import type { Job, Topic } from '../jobs/ports.ts'
import type { CanvasPorts } from './canvas-ports.ts'
import type { CanvasState } from './canvas-state.ts'
import type { LinkedNow } from './linked-packages.ts'
import { LINKED_SHOWN } from './screens/linked.ts'

/** The topics of the linked packages that a canvas lists: of packages in buckets, which raise events. */
export const linkedTopics = (linked: LinkedNow | null): Topic[] =>
  (linked?.packages ?? [])
    .slice(0, LINKED_SHOWN)
    .flatMap(({ bucket, name }): Topic[] => (bucket === null ? [] : [`package:${bucket}/${name}`]))

/**
 * Watches what is about to be drawn, before it is drawn, so that no event is missed in between. True when it did not
 * watch all of it before.
 */
export const watchLinked = async (
  topics: readonly Topic[],
  job: Job<CanvasState>,
  ports: CanvasPorts,
): Promise<boolean> => {
  const before = new Set(job.state.linked)
  const added = topics.filter((topic) => !before.has(topic))
  if (added.length > 0) await ports.subjects.watch(job.key, added)
  return added.length > 0
}

/** Watches no longer what is not drawn any more. */
export const unwatchLinked = async (
  topics: readonly Topic[],
  job: Job<CanvasState>,
  ports: CanvasPorts,
): Promise<void> => {
  const now = new Set(topics)
  const gone = (job.state.linked ?? []).filter((topic) => !now.has(topic))
  if (gone.length > 0) await ports.subjects.unwatch(job.key, gone)
}
