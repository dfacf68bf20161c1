import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { revisionChanges } from '../../src/canvas/browse/revision-changes.ts'
import type { ManifestEntry } from '../../src/quilt/types.ts'
import { inWalkOrder } from '../../src/quilt/walk-order.ts'

const fileOf = (logicalKey: string, value = 'a', more: Partial<ManifestEntry> = {}): ManifestEntry => ({
  logicalKey: logicalKey as ManifestEntry['logicalKey'],
  physicalKey: `s3://lab/${logicalKey}?versionId=${value}`,
  size: 1,
  hash: { type: 'sha2-256-chunked', value },
  meta: {},
  ...more,
})
const revision = (entries: readonly ManifestEntry[], header: object = {}) => ({
  header: { version: 'v0', message: null, ...header },
  entries: inWalkOrder(entries),
})
const NONE = { count: 0, first: [] }
const NOTHING = { added: NONE, changed: NONE, removed: NONE, metadata: false, workflow: false }

describe('what changed between two revisions', () => {
  it('are files that came, changed and went, the first few by name', () => {
    const older = revision([fileOf('a/1'), fileOf('b'), fileOf('gone'), fileOf('z')])
    const newer = revision([
      fileOf('a/1', 'other'),
      fileOf('b'),
      ...['n1', 'n2', 'n3', 'n4'].map((key) => fileOf(key)),
      fileOf('z', 'a', { meta: { user_meta: { ph: 7 } } }),
    ])
    expect(revisionChanges(newer, older)).toEqual({
      ...NOTHING,
      added: { count: 4, first: ['n1', 'n2', 'n3'] },
      changed: { count: 2, first: ['a/1', 'z'] },
      removed: { count: 1, first: ['gone'] },
    })
  })

  it('is no file that only lies elsewhere', () => {
    const moved = fileOf('a', 'a', { physicalKey: 's3://elsewhere/a' })
    expect(revisionChanges(revision([moved]), revision([fileOf('a')]))).toEqual(NOTHING)
  })

  it('is no object that another program hashed in another way, but every other one', () => {
    const sha = fileOf('a', 'a', { hash: { type: 'SHA256', value: 'ff' } })
    expect(revisionChanges(revision([sha]), revision([fileOf('a')]))).toEqual(NOTHING)
    const other = { ...sha, physicalKey: 's3://lab/a?versionId=b' }
    expect(revisionChanges(revision([other]), revision([fileOf('a')])).changed.count).toBe(1)
  })

  it('are metadata and workflow by what they say, not by how they are written', () => {
    const of = (header: object) => revision([], header)
    expect(revisionChanges(of({ user_meta: { a: 1, b: [2] } }), of({ user_meta: { b: [2], a: 1 } }))).toEqual(
      NOTHING,
    )
    expect(revisionChanges(of({ user_meta: null }), of({}))).toEqual(NOTHING)
    expect(revisionChanges(of({ user_meta: { a: 1 } }), of({ user_meta: { a: 2 } })).metadata).toBe(true)
    expect(revisionChanges(of({ workflow: { id: 'w' } }), of({})).workflow).toBe(true)
    expect(revisionChanges(of({ message: 'a' }), of({ message: 'b' }))).toEqual(NOTHING)
  })

  it('stays small and on one line, whatever files are called', () => {
    const long = revision([fileOf(`${'x'.repeat(900)}\n[evil](https://evil.test)`)])
    const [name = ''] = revisionChanges(long, revision([])).added.first
    expect(name).toHaveLength(120)
    expect(name).toMatch(/^x+…$/)
  })

  it('counts every file as exactly what happened to it', () => {
    const some = fc.dictionary(
      fc.string({ unit: fc.constantFrom('a', 'b', '!', '0', '\u{1F600}'), minLength: 1, maxLength: 3 }),
      fc.constantFrom('1', '2'),
      { maxKeys: 12 },
    )
    const of = (files: Readonly<Record<string, string>>) =>
      revision(Object.entries(files).map(([key, value]) => fileOf(key, value)))
    fc.assert(
      fc.property(some, some, (now, before) => {
        const { added, changed, removed } = revisionChanges(of(now), of(before))
        const keys = Object.keys(now)
        expect([added.count, changed.count, removed.count]).toEqual([
          keys.filter((key) => !Object.hasOwn(before, key)).length,
          keys.filter((key) => Object.hasOwn(before, key) && before[key] !== now[key]).length,
          Object.keys(before).filter((key) => !Object.hasOwn(now, key)).length,
        ])
      }),
      { numRuns: 300 },
    )
  })
})
