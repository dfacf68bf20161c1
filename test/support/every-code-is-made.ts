import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestProject } from 'vitest/node'
import { ERRORS } from '../../src/base/errors.ts'

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

/** True when no file failed or was left out. A file whose tests are all skipped counts: it has nothing to say here. */
const allRan = async (project: TestProject): Promise<boolean> => {
  const { state, config } = project.vitest
  if (config.testNamePattern) return false
  const { testFiles } = await project.globTestFiles()
  const results = new Map(state.getFiles().map((file) => [file.filepath, file.result?.state ?? file.mode]))
  return testFiles.every((file) => ['pass', 'skip'].includes(results.get(file) ?? ''))
}
