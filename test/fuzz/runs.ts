const times = Math.max(1, Number(process.env.FUZZ_RUNS ?? 1) || 1)

/**
 * How many examples a property of this folder tries: few by default, so that `npm test` stays quick;
 * `FUZZ_RUNS=50 npm run test:ts -- test/fuzz` tries fifty times as many. fast-check prints seed and path of a failure.
 */
export const runs = (usual: number): { numRuns: number; interruptAfterTimeLimit?: number } => ({
  numRuns: Math.ceil(usual * times),
})

/** Time for one property in ms: grows with the examples. */
export const PATIENCE_MS = 20_000 * times
