import type { World } from '../world.ts'
import { canvasesAreTruthful, recordsAreTruthful } from './canvases.ts'
import {
  acknowledgedSurvives,
  askedForOnce,
  exportsAreUsedAgain,
  failuresAreExcused,
  noGenerationTwice,
  nothingStuck,
} from './jobs.ts'
import { nothingUnfinished } from './leftovers.ts'
import {
  equalsLastState,
  everyRevisionIsOneExport,
  everyRevisionVerifies,
  noRevisionTwice,
} from './packages.ts'

/** What holds of every world that has come to rest, whatever happened to it. */
export const INVARIANTS = {
  equalsLastState,
  everyRevisionVerifies,
  noRevisionTwice,
  everyRevisionIsOneExport,
  nothingStuck,
  acknowledgedSurvives,
  askedForOnce,
  noGenerationTwice,
  failuresAreExcused,
  exportsAreUsedAgain,
  canvasesAreTruthful,
  recordsAreTruthful,
  nothingUnfinished,
} as const

export type InvariantName = keyof typeof INVARIANTS

/** Whatever is wrong with a world, each line with the name of the invariant that it breaks. */
export const problemsOf = (world: World): string[] =>
  Object.entries(INVARIANTS).flatMap(([name, invariant]) =>
    invariant(world).map((problem) => `${name}: ${problem}`),
  )
