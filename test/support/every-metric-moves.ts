import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestProject } from 'vitest/node'
import { METRICS } from '../../src/base/metric-names.ts'
import { allRan } from './all-ran.ts'

declare module 'vitest' {
  interface ProvidedContext {
    /** The file to which `note-metrics.ts` adds the names of figures that moved. */
    readonly metricsMoved: string
  }
}

/** Around the whole suite: demands that the product moved every figure of the catalogue while tests ran. */
export default (project: TestProject): (() => Promise<void>) => {
  const folder = mkdtempSync(join(tmpdir(), 'metrics-'))
  const list = join(folder, 'moved')
  writeFileSync(list, '')
  project.provide('metricsMoved', list)
  return async () => {
    const moved = new Set(readFileSync(list, 'utf8').split('\n'))
    rmSync(folder, { recursive: true })
    if (!(await allRan(project))) return
    const still = Object.keys(METRICS).filter((name) => !moved.has(name))
    if (still.length > 0)
      throw new Error(
        `no test makes the product move: ${still.join(', ')} (test/support/every-metric-moves.ts)`,
      )
  }
}
