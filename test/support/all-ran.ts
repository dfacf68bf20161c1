import type { TestProject } from 'vitest/node'

/** True when no file failed or was left out. A file whose tests are all skipped counts: it has nothing to say here. */
export const allRan = async (project: TestProject): Promise<boolean> => {
  const { state, config } = project.vitest
  if (config.testNamePattern) return false
  const { testFiles } = await project.globTestFiles()
  const results = new Map(state.getFiles().map((file) => [file.filepath, file.result?.state ?? file.mode]))
  return testFiles.every((file) => ['pass', 'skip'].includes(results.get(file) ?? ''))
}
