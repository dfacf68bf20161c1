import type { Subject } from './ports.ts'

/** When the run of a subject that is under way began, or else the last one ended, in ms; null before the first. */
export const movedAt = ({ run, finishedAt }: Pick<Subject, 'run' | 'finishedAt'>): number | null =>
  run?.startedAt ?? finishedAt
