import { expect, it } from 'vitest'
import { loadConfig } from '../../src/config/load-config.ts'
import { packageLinks } from '../../src/service/package-links.ts'

const config = (more: Record<string, string>) =>
  loadConfig({
    BENCHLING_TENANT: 'acme',
    BENCHLING_CLIENT_ID: 'id',
    BENCHLING_CLIENT_SECRET: 'secret',
    BENCHLING_APP_DEFINITION_ID: 'appdef_1',
    QUILT_REGISTRY: 's3://own',
    DATA_DIR: '/data',
    ...more,
  })

it('links lead into the bucket a package lies in, without one into the service’s own', () => {
  const links = packageLinks(config({ QUILT_WEB_HOST: 'catalog.test' }))
  expect(links.package('x/a')).toBe('https://catalog.test/b/own/packages/x/a')
  expect(links.package('x/a', 'lab.two')).toBe('https://catalog.test/b/lab.two/packages/x/a')
  expect(links.revision('x/a', 'h', 'lab')).toBe('https://catalog.test/b/lab/packages/x/a/tree/h/')
  expect(links.sync('x/a', null, 'lab')).toContain(encodeURIComponent('quilt+s3://lab#package=x/a:latest'))
})

it('there are none without a catalog', () => {
  expect(packageLinks(config({})).package('x/a', 'lab')).toBeNull()
})
