import type { LinkedNow } from '../linked-packages.ts'
import type { WorkStatus } from './package.ts'

/** What stands instead of the state of a package where no bucket is configured to make packages in. */
export const bucketlessLines = (status: WorkStatus, linked: LinkedNow | null): string[] => {
  if (status === 'running') return ['⏳ **Reading** the entry.']
  if (status === 'queued') return ['⏳ **Queued**: the entry is read in a moment.']
  return [
    'ℹ️ No package bucket is configured, so no package is made of this entry.',
    ...referenceLines(linked),
  ]
}

const referenceLines = (linked: LinkedNow | null): string[] => {
  if (linked === null || linked.searching) return []
  if (linked.packages.length > 0) return ['', 'The packages below reference this entry.']
  return linked.warning ? [] : ['', 'No package references this entry yet.']
}
