import { describe, expect, it } from 'vitest'
import type { PackageName, TopHash } from '../../src/quilt/types.ts'
import { collectFound, type FoundPackage, keySpellings } from '../../src/registry/package-query.ts'

const found = (bucket: string | null, name: string, topHash: string | null = null): FoundPackage => ({
  bucket,
  name: name as PackageName,
  topHash: topHash as TopHash | null,
})

describe('what was found', () => {
  it('is in order of names, then buckets, each once', () => {
    const all = [
      found('b', 'x/b'),
      found('b', 'x/a'),
      found('a', 'x/b'),
      found(null, 'x/b'),
      found('b', 'x/a'),
    ]
    expect(collectFound(all, true).packages.map(({ bucket, name }) => `${bucket} ${name}`)).toEqual([
      'b x/a',
      'null x/b',
      'a x/b',
      'b x/b',
    ])
  })

  it('keeps of two revisions of a package the same one in whatever order they came', () => {
    const two = [found('b', 'x/a', '1'), found('b', 'x/a', '2'), found('b', 'x/a')]
    expect(collectFound(two, true).packages).toEqual([found('b', 'x/a', '2')])
    expect(collectFound(two.reverse(), true).packages).toEqual([found('b', 'x/a', '2')])
  })

  it.each([
    [500, true, true],
    [501, true, false],
    [3, false, false],
  ])('is complete when %i parts that were complete (%s) fit: %s', (count, complete, whole) => {
    const all = Array.from({ length: count }, (_, at) => found('b', `x/p${at}`))
    const { packages, complete: told } = collectFound(all, complete)
    expect([packages.length, told]).toEqual([Math.min(count, 500), whole])
  })
})

it('a key counts as it is spelled, and in lower case', () => {
  expect(keySpellings('Exp-ID')).toEqual(['Exp-ID', 'exp-id'])
  expect(keySpellings('exp_id')).toEqual(['exp_id'])
})
