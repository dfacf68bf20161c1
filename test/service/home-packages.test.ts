import { expect, test } from 'vitest'
import { ALLOW_ALL, type AllowList, parseAllowList } from '../../src/base/allow-list.ts'
import { RECENT_ENTRIES } from '../../src/canvas/home.ts'
import type { Subject } from '../../src/jobs/ports.ts'
import { newSubject, touch } from '../../src/jobs/subject.ts'
import { type EntryState, NEW_ENTRY } from '../../src/packaging/entry-state.ts'
import { LOOK } from '../../src/packaging/found-cause.ts'
import type { TopHash } from '../../src/quilt/types.ts'
import { homePackages } from '../../src/service/home-packages.ts'
import { FakeClock } from '../support/clock.ts'

const HASH = 'a'.repeat(64) as TopHash
const never = new AbortController().signal
const clock = new FakeClock()
const REVISION = { topHash: HASH, files: 1, bytes: 1, publishedAt: 0, unchangedAt: null }

const entry = (id: string, state: Partial<EntryState>): Subject =>
  newSubject(`entry:${id}`, { ...NEW_ENTRY, ...state })
const wanted = (subject: Subject, type: string): Subject =>
  touch(subject, { delivery: 'd', type, at: 0, by: null })
const patterns = (text: string): AllowList => {
  const parsed = parseAllowList(text)
  if ('problem' in parsed) throw new Error(parsed.problem)
  return parsed.value
}

const homeOf = (
  entries: readonly Subject[],
  more: { allow?: AllowList; bucket?: string | null; prefix?: string; none?: boolean } = {},
) => {
  const asked: (number | string)[] = []
  const home = homePackages({
    subjects: {
      recentEntries: async (limit) => {
        asked.push(limit)
        return [...entries]
      },
    },
    registry: more.none
      ? null
      : {
          bucket: more.bucket === undefined ? 'lab' : more.bucket,
          latest: async (name) => {
            asked.push(name)
            return name === 'benchling/EXP1' ? HASH : null
          },
        },
    prefix: more.prefix ?? 'benchling',
    allow: more.allow ?? ALLOW_ALL,
    clock,
    state: () => 'starting',
  })
  const names = async () => (await home.recent()).map(({ packageName }) => packageName)
  return { home, names, asked }
}

test('Lists the entries that have a package or are to have one, in one read', async () => {
  const { home, names, asked } = homeOf([
    entry('etr_1', { packageName: 'benchling/EXP1', displayId: 'EXP1', revision: REVISION }),
    entry('etr_2', {}),
    wanted(entry('etr_3', { packageName: 'benchling/EXP3', revision: REVISION }), 'v2.entry.created'),
    wanted(entry('etr_4', { packageName: 'benchling/EXP4', revision: REVISION }), LOOK),
    entry('etr_5', { packageName: 'not a package name' }),
  ])
  expect(await names()).toEqual(['benchling/EXP1', 'benchling/EXP3', 'benchling/EXP4'])
  expect(asked).toEqual([RECENT_ENTRIES])
  expect((await home.recent()).map(({ entryId, status }) => [entryId, status])).toEqual([
    ['etr_1', 'idle'],
    ['etr_3', 'queued'],
    ['etr_4', 'idle'],
  ])
  expect(home.state()).toBe('starting')
})

test('Neither lists nor looks up what the operator does not allow to be shown', async () => {
  const entries = [
    entry('etr_1', { packageName: 'benchling/EXP1' }),
    entry('etr_2', { packageName: 'private/EXP2' }),
  ]
  const some = homeOf(entries, { allow: patterns('lab/benchling') })
  expect(await some.names()).toEqual(['benchling/EXP1'])
  expect(await some.home.named('EXP1', never)).toEqual({ name: 'benchling/EXP1', topHash: HASH })

  const other = homeOf(entries, { allow: patterns('other') })
  expect(await other.names()).toEqual([])
  expect(await other.home.named('EXP1', never)).toBe(null)
  expect(other.asked).not.toContain('benchling/EXP1')

  const folder = homeOf(entries, { allow: patterns('other'), bucket: null })
  expect(await folder.names()).toEqual(['benchling/EXP1', 'private/EXP2'])
})

test('Finds the package that an entry of this display id has, whatever characters are in it', async () => {
  const { home, asked } = homeOf([])
  expect(await home.named('EXP1', never)).toEqual({ name: 'benchling/EXP1', topHash: HASH })
  expect(await home.named('EXP 1/µ ../..', never)).toBe(null)
  expect(asked.at(-1)).toMatch(/^benchling\/EXP-1-x[0-9a-f]{16}$/)
})

test('Knows of nothing where no packages are made', async () => {
  const { home, names, asked } = homeOf([entry('etr_1', { packageName: 'benchling/EXP1' })], { none: true })
  expect([await names(), await home.named('EXP1', never), asked]).toEqual([[], null, []])
})
