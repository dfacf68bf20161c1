import { bombs } from './bombs.ts'
import { truncations } from './cuts.ts'
import { directories } from './directory.ts'
import { features } from './features.ts'
import type { Fixture } from './fixture.ts'
import { locals } from './local.ts'
import { names } from './names.ts'
import { overlaps } from './overlap.ts'
import { shapes } from './shapes.ts'
import { zip64 } from './zip64.ts'

/** Every archive of the corpus that no tool writes. */
export const handMade: readonly Fixture[] = [
  ...overlaps,
  ...zip64,
  ...directories,
  ...bombs,
  ...features,
  ...names,
  ...locals,
  ...truncations,
  ...shapes,
]

export const fileName = ({ outcome, what }: Pick<Fixture, 'outcome' | 'what'>): string =>
  `${outcome}--${what}.zip`
