import { defineConfig } from 'vitest/config'

/** Files that put something else in the place of a module: nobody may share their modules. */
const ALONE = ['test/local/folder-order.test.ts']

const shared = {
  setupFiles: ['test/support/note-faults.ts', 'test/support/note-metrics.ts'],
  // A machine that does other things, too, is no failure.
  testTimeout: 60_000,
  exclude: ['test/e2e/**', 'test/conformance/**', 'node_modules/**'],
}

export default defineConfig({
  test: {
    globalSetup: ['test/support/every-code-is-made.ts', 'test/support/every-metric-moves.ts'],
    // More than there are cores: many tests wait for servers, processes and leases.
    maxWorkers: 4,
    allowOnly: false,
    passWithNoTests: false,
    // Modules are loaded once for each worker, not for each of its files: a fifth of the time.
    projects: [
      {
        test: {
          ...shared,
          name: 'together',
          include: ['test/**/*.test.ts'],
          exclude: [...shared.exclude, ...ALONE],
          isolate: false,
        },
      },
      { test: { ...shared, name: 'alone', include: ALONE, isolate: true } },
    ],
  },
})
