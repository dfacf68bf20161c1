import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { whichPackage } from '../../src/canvas/browse/which-package.ts'
import { readButton } from '../../src/canvas/buttons.ts'
import { packageTag } from '../../src/canvas/route.ts'

const at = (name: string, bucket: string | null = 'others') => ({ bucket, name })

/** The `of` of a button as the known system drew it for a linked package. */
const oldOf = (name: string): string => {
  const press = readButton(`browse-linked-etr_1-pkg-${name.replaceAll('/', '--')}-p0-s15`)
  if (press.kind !== 'go' || press.route.screen !== 'files' || press.route.of === null)
    throw new Error(`No button names ${name}`)
  return press.route.of
}

const part = fc.string({
  unit: fc.constantFrom('a', 'B', '-', '_', '7', 'p', 's'),
  minLength: 1,
  maxLength: 6,
})
const name = fc.tuple(part, part).map((parts) => parts.join('/'))
const packages = fc.array(
  fc.record({
    bucket: fc.constantFrom<string | null>('others', 'more', null),
    name: fc.oneof(name, fc.string()),
  }),
  { maxLength: 6 },
)
const of = fc.oneof(
  fc.string(),
  name.map((one) => `=${one.replaceAll('/', '--')}`),
  name.map((one) => packageTag(at(one))),
  fc.string({ unit: fc.constantFrom(...'0123456789abcdef'), minLength: 8, maxLength: 8 }),
)

describe('the package that a route means', () => {
  it('is one of those that may be opened, whatever the route says', () => {
    fc.assert(
      fc.property(of, packages, (said, allowed) => {
        const found = whichPackage(said, allowed)
        if (found === null) return
        expect(allowed).toContainEqual({ bucket: found.bucket, name: found.name })
        expect(found.name).toMatch(/^[A-Za-z0-9_-]+\/[A-Za-z0-9_-]+$/)
      }),
      { numRuns: 2_000 },
    )
    expect(whichPackage(packageTag(at('team/one')), [])).toBeNull()
  })

  it('is found by our buttons and by old ones, also with double dashes in its name and beside others', () => {
    let met = 0
    fc.assert(
      fc.property(name, packages, fc.nat(6), (wanted, others, place) => {
        const encoded = wanted.replaceAll('/', '--')
        const beside = others.filter(
          (one) => one.name.replaceAll('/', '--') !== encoded && packageTag(one) !== packageTag(at(wanted)),
        )
        const allowed = beside.toSpliced(place, 0, at(wanted))
        expect(whichPackage(packageTag(at(wanted)), allowed)).toEqual(at(wanted))
        expect(whichPackage(oldOf(wanted), allowed)).toEqual(at(wanted))
        if (encoded.split('--').length > 2) met++
      }),
      { numRuns: 2_000 },
    )
    expect(met).toBeGreaterThan(0)
  })

  it.each([
    ['a--b/c', 'a/b--c'],
    ['a/-b', 'a-/b'],
  ])('is the same one of %s and %s each time, which an old button cannot tell apart', (one, other) => {
    expect(oldOf(one)).toBe(oldOf(other))
    const both = [at(one), at(other)]
    const chosen = whichPackage(oldOf(one), both)
    expect(both).toContainEqual(chosen)
    expect(whichPackage(oldOf(other), both.toReversed())).toEqual(chosen)
    for (const each of both) expect(whichPackage(packageTag(each), both)).toEqual(each)
  })

  it('is the same one of two buckets each time, too', () => {
    const both = [at('team/one', 'others'), at('team/one', 'more')]
    expect(whichPackage(oldOf('team/one'), both)).toEqual(at('team/one', 'more'))
    expect(whichPackage(oldOf('team/one'), both.toReversed())).toEqual(at('team/one', 'more'))
  })

  it('is the one in the service’s own bucket, which the known system meant', () => {
    const both = [at('team/one', 'more'), at('team/one', 'own')]
    expect(whichPackage(oldOf('team/one'), both, 'own')).toEqual(at('team/one', 'own'))
    expect(whichPackage(packageTag(at('team/one', 'more')), both, 'own')).toEqual(at('team/one', 'more'))
  })

  it('is none where what may be opened has no proper name', () => {
    expect(whichPackage(packageTag(at('../etc')), [at('../etc')])).toBeNull()
    expect(whichPackage('=..--etc', [at('../etc')])).toBeNull()
  })
})
