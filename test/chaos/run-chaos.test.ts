import { expect, test } from 'vitest'
import { runChaos } from './run-chaos.ts'

test('A service that is killed among repeated, reordered and lost deliveries ends with every invariant kept', async () => {
  const report = await runChaos({
    deliveries: 30,
    kills: 3,
    seed: 3,
    minutes: 1,
    skipDowntime: true,
    longestLifeMs: 1_000,
  })
  expect(report.problems).toEqual([])
  expect(report).toMatchObject({ deliveries: 30, kills: 3, restarts: 3, packages: report.entries })
  expect(report.duplicates).toBeGreaterThan(0)
}, 60_000)
