import type { World } from '../world.ts'

/** Nothing unfinished lies about after the service has ended, and nothing that a run stored and did not publish. */
export const nothingUnfinished = ({ folder }: World): string[] => [
  ...folder.unfinished.map((name) => `.objects/.partial/${name} was left behind`),
  ...folder.staged.map((name) => `.objects/.staged/${name} was left behind`),
]
