import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { ERRORS } from '../../src/base/errors.ts'
import { SETTINGS } from '../../src/config/settings.ts'
import { jwksUrl } from '../../src/webhook/identity.ts'
import { awsHosts } from '../support/aws-hosts.ts'

const ROOT = join(import.meta.dirname, '../..')
const page = readFileSync(join(ROOT, 'docs/network.md'), 'utf8')
const rows = page
  .split('\n')
  .filter((line) => line.startsWith('| '))
  .map((line) =>
    line
      .slice(1, -1)
      .split('|')
      .map((cell) => cell.trim().replaceAll('`', '')),
  )
const services = rows.filter(([, , name]) => name?.startsWith('client-'))
const partitions = rows.filter(([name]) => name?.startsWith('aws'))
const sources = globSync('src/**/*.ts', { cwd: ROOT })
  .filter((path) => !path.startsWith('src/simulator/'))
  .map((path) => readFileSync(join(ROOT, path), 'utf8'))

describe('docs/network.md', () => {
  it('names every service of AWS whose client the code imports', () => {
    const imported = sources.flatMap((source) =>
      [...source.matchAll(/from '@aws-sdk\/(client-[a-z0-9-]+)'/g)].map(([, name]) => name),
    )
    expect(imported.length).toBeGreaterThan(10)
    const named = services.map(([, , name]) => name)
    expect([...new Set(imported)].filter((name) => !named.includes(name))).toEqual([])
  })

  it('gives the hosts that the SDK resolves, in every partition it names', async () => {
    expect(partitions).toHaveLength(7)
    for (const [, regions = '', suffix = ''] of partitions) {
      const region = regions.split(/[, ]/)[0]!
      const hosts = await awsHosts(region)
      const told = services.map(([, host = '', name]) => [
        name,
        host.replace('<bucket>', 'lab-data').replace('<region>', region).replace('<suffix>', suffix),
      ])
      expect(Object.fromEntries(told)).toEqual(hosts)
    }
  })

  it('gives the hosts of Benchling that the code speaks to', () => {
    const jwks = new URL(jwksUrl({ mode: 'definition', id: 'appdef_A' }, null)).host
    const legacy = new URL(jwksUrl({ mode: 'legacy', id: 'app_A' }, null)).host
    const hosts = rows.map(([host]) => host)
    expect(hosts).toEqual(expect.arrayContaining([jwks, legacy, '<tenant>.benchling.com']))
    expect(page).toContain(`\`${SETTINGS.EXPORT_DOWNLOAD_HOSTS.default}\``)
  })

  it('leaves out no host that stands in an address in the code', () => {
    const code = sources.map((source) => source.replace(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, ''))
    const written = code.flatMap((source) => [...source.matchAll(/https:\/\/([a-z0-9.-]+\.[a-z]+)/g)])
    const hosts = new Set(written.map(([, host]) => host!))
    expect(hosts).toContain('apps.benchling.com')
    const examples = /^(?:acme\.benchling\.com|.*example\.(?:org|com))$/
    expect([...hosts].filter((host) => !examples.test(host) && !page.includes(`\`${host}\``))).toEqual([])
  })

  it('names only codes and settings that exist', () => {
    const codes = [...page.matchAll(/`((?:network|export|webhook|store|aws|config)\.[a-z_]+)`/g)]
    expect(codes.length).toBeGreaterThan(3)
    for (const [, code] of codes) expect(Object.keys(ERRORS)).toContain(code)
    for (const [, setting] of page.matchAll(/`(EXPORT_[A-Z_]+|QUILT_[A-Z_]+|AWS_REGION|PORT)/g))
      expect(Object.keys(SETTINGS)).toContain(setting)
  })
})
