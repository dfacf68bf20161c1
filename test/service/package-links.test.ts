import { expect, it } from 'vitest'
import { packageLinks } from '../../src/service/package-links.ts'

it('links lead into the bucket a package lies in, without one into the service’s own', () => {
  const links = packageLinks('catalog.test', 'own')
  expect(links.package('x/a')).toBe('https://catalog.test/b/own/packages/x/a')
  expect(links.package('x/a', 'lab.two')).toBe('https://catalog.test/b/lab.two/packages/x/a')
  expect(links.revision('x/a', 'h', 'lab')).toBe('https://catalog.test/b/lab/packages/x/a/tree/h/')
  expect(links.sync('x/a', null, 'lab')).toContain(encodeURIComponent('quilt+s3://lab#package=x/a:latest'))
})

it('there are none without a catalog, and without an own bucket only those that name theirs', () => {
  expect(packageLinks(null, 'own').package('x/a', 'lab')).toBeNull()
  const links = packageLinks('catalog.test', null)
  expect([links.package('x/a'), links.package('x/a', 'lab')]).toEqual([
    null,
    'https://catalog.test/b/lab/packages/x/a',
  ])
})
