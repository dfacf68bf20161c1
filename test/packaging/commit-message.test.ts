import { expect, it } from 'vitest'
import type { Cause } from '../../src/jobs/ports.ts'
import { commitMessage } from '../../src/packaging/commit-message.ts'

const cause = (type: string, at: string): Cause => ({ delivery: 'wh_1', type, at: Date.parse(at), by: null })

it('a commit message names the newest event and when it happened', () => {
  const older = cause('v2.entry.created', '2026-04-15T14:00:00Z')
  const newer = cause('v2.entry.updated.reviewRecord', '2026-04-15T14:25:03.419Z')
  const message = 'Benchling v2.entry.updated.reviewRecord at 2026-04-15T14:25:03Z'
  expect(commitMessage([older, newer])).toBe(message)
  expect(commitMessage([newer, older])).toBe(message)
})

it('a commit message does not name that we looked at our own records', () => {
  const at = '2026-04-15T15:00:00Z'
  const event = cause('v2.entry.created', '2026-04-15T14:25:03Z')
  expect(commitMessage([event, cause('look', at), cause('watch', at)])).toBe(
    'Benchling v2.entry.created at 2026-04-15T14:25:03Z',
  )
  expect(commitMessage([cause('look', at)])).toBe('Benchling webhook payload')
})

it('a commit message of a run without a known event says so', () => {
  expect(commitMessage([])).toBe('Benchling webhook payload')
})

it('a commit message of an entry that was found modified says so', () => {
  const found = cause('reconcile', '2026-04-15T14:25:03.419Z')
  expect(commitMessage([found])).toBe('Benchling entry modified at 2026-04-15T14:25:03Z')
  const newer = cause('v2.entry.updated.fields', '2026-04-15T14:26:00Z')
  expect(commitMessage([found, newer])).toBe('Benchling v2.entry.updated.fields at 2026-04-15T14:26:00Z')
})
