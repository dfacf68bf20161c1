import { createHash } from 'node:crypto'
import type { Steps } from '../jobs/ports.ts'

/**
 * The export task that belongs to these facts, started once for a run and found again after a crash. When the entry
 * changed in between, the old export shows the entry as it was: packaging it with the new facts would make the next run
 * believe that nothing is left to do, so a new task is started.
 */
export const exportTask = async (
  steps: Steps,
  facts: Uint8Array,
  startExport: () => Promise<string>,
): Promise<string> => {
  const of = createHash('sha256').update(facts).digest('hex')
  const start = async () => ({ task: await startExport(), of })
  const first = await steps.once('export', start)
  return first.of === of ? first.task : (await steps.once(`export ${of.slice(0, 16)}`, start)).task
}
