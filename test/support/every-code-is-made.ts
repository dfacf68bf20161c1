import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestProject } from 'vitest/node'
import { ERRORS } from '../../src/base/errors.ts'
import { allRan } from './all-ran.ts'

declare module 'vitest' {
  interface ProvidedContext {
    /** The file to which `note-faults.ts` adds the codes of faults. */
    readonly faultsMade: string
  }
}

/**
 * Around the whole suite: demands that the product made a fault of every code of the catalogue while tests ran. Asked
 * only when every file ran and passed, because a part of the suite cannot know.
 */
export default (project: TestProject): (() => Promise<void>) => {
  const folder = mkdtempSync(join(tmpdir(), 'faults-'))
  const list = join(folder, 'made')
  writeFileSync(list, '')
  project.provide('faultsMade', list)
  return async () => {
    const made = new Set(readFileSync(list, 'utf8').split('\n'))
    rmSync(folder, { recursive: true })
    if (!(await allRan(project))) return
    const missing = Object.keys(ERRORS).filter((code) => !made.has(code))
    if (missing.length > 0)
      throw new Error(
        `no test makes the product raise: ${missing.join(', ')} (test/support/every-code-is-made.ts)`,
      )
  }
}
