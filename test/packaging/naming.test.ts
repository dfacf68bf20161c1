import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ownedRevision, packageNameFor } from '../../src/packaging/naming.ts'
import type { PackageName, TopHash } from '../../src/quilt/types.ts'
import type { Revision } from '../../src/registry/ports.ts'
import { bare } from './entries.ts'

const nameOf = (displayId: string) => packageNameFor('benchling', { id: 'etr_1', displayId })

describe('the name of an entry’s package', () => {
  it('is prefix and display id', () => {
    expect(nameOf('EXP25000007')).toBe('benchling/EXP25000007')
    expect(nameOf('exp-1_b')).toBe('benchling/exp-1_b')
  })

  it('stays readable when the display id is no Quilt name', () => {
    expect(nameOf('EXP 1/µ')).toMatch(/^benchling\/EXP-1-x[0-9a-f]{16}$/)
    expect(nameOf('  ')).toMatch(/^benchling\/entry-x[0-9a-f]{16}$/)
    expect(nameOf("'; DROP TABLE--")).toMatch(/^benchling\/DROP-TABLE-x[0-9a-f]{16}$/)
  })

  it('goes by the entry id when there is no display id', () => {
    expect(nameOf('')).toBe('benchling/etr_1')
  })

  it('is always one that Quilt takes, and of bounded length', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: 'binary' }), fc.string({ maxLength: 300 })), (displayId) => {
        const name = nameOf(displayId)
        expect(name).toMatch(/^[A-Za-z0-9_-]+\/[A-Za-z0-9_-]+$/)
        expect(name.length).toBeLessThan(120)
      }),
    )
  })

  it('is never shared by two display ids, not even by an id that looks like the name made for another', () => {
    const alike = fc.array(fc.constantFrom('a', 'A', '1', '-', '_', ' ', '/', 'é', '\ud800', '\ud801'), {
      minLength: 1,
      maxLength: 4,
    })
    const id = fc.oneof(
      alike.map((parts) => parts.join('')),
      alike.map((parts) => nameOf(parts.join('')).slice('benchling/'.length)),
      alike.map((parts) =>
        nameOf(nameOf(parts.join('')).slice('benchling/'.length)).slice('benchling/'.length),
      ),
    )
    fc.assert(
      fc.property(id, id, (one, other) => {
        fc.pre(one !== other)
        expect(nameOf(one)).not.toBe(nameOf(other))
      }),
      { numRuns: 500 },
    )
  })

  it('differs without regard to case for ids that had to be mapped', () => {
    expect(nameOf('exp 1').toLowerCase()).not.toBe(nameOf('EXP 1').toLowerCase())
  })

  it('cannot be made with a prefix that Quilt refuses', () => {
    for (const prefix of ['', 'a/b', 'lab data'])
      expect(() => packageNameFor(prefix, bare())).toThrow(
        expect.objectContaining({ code: 'package.name_invalid' }),
      )
  })
})

describe('a package under that name', () => {
  const revision = (user_meta: Revision['header']['user_meta']): Revision => ({
    name: 'benchling/EXP1' as PackageName,
    topHash: '0'.repeat(64) as TopHash,
    header: { version: 'v0', message: null, ...(user_meta === undefined ? {} : { user_meta }) },
    entries: [],
  })

  it('is built on when it is the entry’s own', () => {
    const own = revision({ entry_id: 'etr_Bare1' })
    expect(ownedRevision(bare(), own)).toBe(own)
    expect(ownedRevision(bare(), null)).toBeNull()
  })

  it.each([
    ['another entry’s', revision({ entry_id: 'etr_Other' }), 'another entry'],
    ['made from something else', revision({ project: 'x' }), 'not made from an entry'],
    ['without metadata', revision(null), 'not made from an entry'],
    ['without any metadata', revision(undefined), 'not made from an entry'],
  ])('is refused when it is %s', (_, foreign, detail) => {
    expect(() => ownedRevision(bare(), foreign)).toThrow(
      expect.objectContaining({ code: 'package.foreign', detail: expect.stringContaining(detail) }),
    )
  })
})
