import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    exclude: ['test/e2e/**', 'test/conformance/**', 'node_modules/**'],
    globalSetup: ['test/support/every-code-is-made.ts', 'test/support/every-metric-moves.ts'],
    setupFiles: ['test/support/note-faults.ts', 'test/support/note-metrics.ts'],
    // More than there are cores: many tests wait for servers, processes and leases.
    maxWorkers: 4,
    // A machine that does other things, too, is no failure.
    testTimeout: 60_000,
    allowOnly: false,
    passWithNoTests: false,
  },
})
