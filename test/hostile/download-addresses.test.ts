import type { LookupAddress } from 'node:dns'
import { lookup as systemLookup } from 'node:dns'
import { isIP, type LookupFunction } from 'node:net'
import { Agent } from 'undici'
import { describe, expect, it } from 'vitest'
import type { Fault } from '../../src/base/fault.ts'
import { SignedDownload } from '../../src/benchling/download.ts'
import { DownloadClient } from '../../src/benchling/download-client.ts'
import {
  AddressRefused,
  admit,
  type DownloadRules,
  guardedLookup,
} from '../../src/benchling/download-rules.ts'
import { addressRefusal, networks } from '../../src/benchling/public-address.ts'
import { loadConfig } from '../../src/config/load-config.ts'
import { fileHost, read } from '../benchling/files.ts'
import { JumpClock, signal } from '../benchling/tenant.ts'
import {
  ADDRESSES,
  HOSTS,
  NAMED,
  NETWORK_ADDRESSES,
  NETWORK_SETTINGS,
  SIMULATOR,
} from './download-addresses.ts'

const rules: DownloadRules = { hosts: HOSTS, allowOrigins: [SIMULATOR] }
const CONTENT = Buffer.from('the export')
const LIMITS = { headersTimeoutMs: 1e12, stallTimeoutMs: 1e12 }

const admitted = (address: string): string => {
  try {
    return admit(address, rules).guarded ? 'guarded' : 'as it is'
  } catch (thrown) {
    expect(thrown).toMatchObject({ code: 'export.host_refused' })
    expect(JSON.stringify({ ...(thrown as Fault) })).not.toContain('secret')
    return String((thrown as Fault).facts.reason)
  }
}

describe('an address of a file', () => {
  it.each(ADDRESSES)('%j: %s', (address, outcome) => {
    expect(admitted(address)).toBe(outcome)
  })
})

describe('a network address of a host', () => {
  const named = networks(NAMED)

  const cases = NETWORK_ADDRESSES.map(
    ([address, plain, inNamed = plain]) => [address, plain, inNamed] as const,
  )

  it.each(cases)('%j: %s, in named networks: %s', (address, plain, inNamed) => {
    expect(addressRefusal(address) ?? 'used').toBe(plain)
    expect(addressRefusal(address, named) ?? 'used').toBe(inNamed)
  })
})

const found = (address: string): LookupAddress => ({ address, family: isIP(address) })

const resolved = (answer: readonly string[], options: object = {}, more: Partial<DownloadRules> = {}) =>
  new Promise((resolve) => {
    const lookup = guardedLookup({ ...rules, ...more, resolve: async () => answer.map(found) })
    lookup('b.s3.amazonaws.com', options, (error, address, family) =>
      resolve(error instanceof AddressRefused ? error.why : { address, family }),
    )
  })

describe('what a resolver answers', () => {
  const [open, open6, inner, metadata] = [
    '52.216.1.1',
    '2606:4700::1',
    '10.20.0.1',
    '169.254.169.254',
  ] as const

  it.each([
    ['all that is public', [open, open6], [open, open6]],
    ['inner addresses among public ones are left out', [inner, open, metadata, open6], [open, open6]],
    ['a disguised address among public ones is left out', ['::ffff:127.0.0.1', open], [open]],
  ])('%s', async (_what, answer, used) => {
    expect(await resolved(answer, { all: true })).toEqual({ address: used.map(found), family: undefined })
  })

  it.each([
    ['an inner address alone', [inner], {}, 'private'],
    ['metadata and an inner address', [metadata, inner], { privateNetworks: NAMED }, 'used'],
    ['metadata alone, in spite of named networks', [metadata], { privateNetworks: NAMED }, 'link-local'],
    ['metadata within a named network', ['100.100.100.200'], { privateNetworks: NAMED }, 'cloud metadata'],
    ['nothing', [], {}, 'no address'],
  ])('%s: %s', async (_what, answer, more, outcome) => {
    expect(await resolved(answer, {}, more)).toEqual(
      outcome === 'used' ? { address: inner, family: 4 } : outcome,
    )
  })

  it('an address of the family asked for', async () => {
    expect(await resolved([open, open6], { family: 6 })).toEqual({ address: open6, family: 6 })
    expect(await resolved([open, open6], { family: 'IPv4' })).toEqual({ address: open, family: 4 })
    expect(await resolved([open], { family: 6 })).toBe('no address')
  })

  it('a failure is passed on', async () => {
    const failing = guardedLookup({
      ...rules,
      resolve: () => Promise.reject(Object.assign(new Error(), { code: 'ENOTFOUND' })),
    })
    const code = await new Promise((resolve) =>
      failing('x.amazonaws.com', {}, (error) => resolve(error?.code)),
    )
    expect(code).toBe('ENOTFOUND')
  })
})

describe('on the wire', () => {
  /** GETs http://bucket.s3.amazonaws.com at the server's port with a resolver of our own. */
  const via = async (lookup: LookupFunction, base: string): Promise<string> => {
    const agent = new Agent({ connect: { lookup } })
    try {
      const origin = `http://bucket.s3.amazonaws.com:${new URL(base).port}`
      const answer = await agent.request({ origin, path: '/', method: 'GET' })
      return await answer.body.text()
    } catch (thrown) {
      return thrown instanceof AddressRefused ? thrown.why : String(thrown)
    } finally {
      await agent.destroy()
    }
  }
  const toLoopback: LookupFunction = (_host, options, callback) =>
    systemLookup('127.0.0.1', options, callback)

  it('a host that resolves to this machine gets no connection, though without the guard it would', async () => {
    await using host = await fileHost(CONTENT)
    const answers = [['127.0.0.1'], ['::ffff:127.0.0.1'], ['0.0.0.0'], ['::1', '127.0.0.1']]
    for (const answer of answers) {
      const lookup = guardedLookup({
        ...rules,
        privateNetworks: NAMED,
        resolve: async () => answer.map(found),
      })
      expect(await via(lookup, host.base)).toMatch(/loopback|disguise|unspecified/)
    }
    expect(host.connections).toBe(0)
    expect(await via(toLoopback, host.base)).toBe('the export')
    expect(host.connections).toBe(1)
  })

  it('a name is resolved once a connection, and what was checked is what is connected to', async () => {
    await using host = await fileHost(CONTENT)
    let asked = 0
    const rebinding: DownloadRules = {
      ...rules,
      // Public for whoever checks first, this machine for whoever connects later.
      resolve: async () => [found(++asked === 1 ? '52.216.1.1' : '127.0.0.1')],
    }
    const lookup = guardedLookup(rebinding)
    const first = new Promise((resolve) =>
      lookup('b.s3.amazonaws.com', {}, (_error, address) => resolve(address)),
    )
    expect(await first).toBe('52.216.1.1')
    expect(asked).toBe(1)
    expect(await via(lookup, host.base)).toBe('loopback')
    expect(asked).toBe(2)
    expect(host.connections).toBe(0)
  })

  const clientOf = (more: Partial<DownloadRules>) =>
    new DownloadClient(
      { hosts: ['.amazonaws.com'], allowOrigins: [], ...more },
      new JumpClock(),
      LIMITS,
      () => 0,
    )
  const noFresh = () => Promise.reject(new Error('must not be asked'))

  it('a refused host is said with its name and why, not with its address', async () => {
    const client = clientOf({ resolve: async () => [found('127.0.0.1'), found('::1')] })
    const download = new SignedDownload(client, 'https://bucket.s3.amazonaws.com/x?secret', noFresh)
    await expect(download.get(null, signal)).rejects.toMatchObject({
      code: 'export.host_refused',
      facts: {
        host: 'bucket.s3.amazonaws.com',
        reason: 'resolves to an address that may not be read from (loopback)',
      },
    })
    await client.close()
  })

  it.each([
    ['http://127.0.0.1:PORT/secret', 'not https'],
    ['https://127.0.0.1:PORT/secret', 'unusual port'],
    ['//127.0.0.1:PORT/secret', 'not https'],
    ['http://localhost:PORT/secret', 'not https'],
    ['http://user:secret@127.0.0.1:PORT/', 'carries credentials'],
    ['http://169.254.169.254/latest/meta-data/secret', 'not https'],
    ['https://169.254.170.2/secret', 'an address instead of a name'],
    ['https://[fd00:ec2::254]/secret', 'an address instead of a name'],
    [
      'https://inner.s3.amazonaws.com/secret',
      'resolves to an address that may not be read from (link-local)',
    ],
    ['https://evil.example/secret', 'host not allowed'],
    ['https://bucket.s3.amazonaws.com@evil.org/secret', 'carries credentials'],
    ['file:///etc/secret', 'not https'],
    ['data:text/plain,secret', 'not https'],
    ['ftp://bucket.s3.amazonaws.com/secret', 'not https'],
    ['/again', 'more than one redirect'],
  ])('a redirect to %s is refused without a connection', async (location, reason) => {
    await using inner = await fileHost(CONTENT)
    const to = location.replace('PORT', new URL(inner.base).port)
    await using host = await fileHost(CONTENT, (_, response) => {
      response.writeHead(302, { location: to }).end()
      return true
    })
    const client = clientOf({
      allowOrigins: [host.base],
      resolve: async () => [found('169.254.169.254')],
    })
    const thrown = await new SignedDownload(client, `${host.base}/x`, noFresh)
      .get(null, signal)
      .catch((e) => e)
    expect(thrown).toMatchObject({ code: 'export.host_refused', facts: expect.objectContaining({ reason }) })
    expect(JSON.stringify({ ...thrown })).not.toContain('secret')
    expect(inner.connections).toBe(0)
    expect(host.seen.length).toBe(location === '/again' ? 2 : 1)
    await client.close()
  })

  it('a redirect from an allowed place to another is followed, once', async () => {
    await using target = await fileHost(CONTENT)
    await using host = await fileHost(CONTENT, (_, response) => {
      response.writeHead(307, { location: `${target.base}/there?secret` }).end()
      return true
    })
    const client = clientOf({ allowOrigins: [host.base, target.base] })
    const answer = await new SignedDownload(client, `${host.base}/x`, noFresh).get(null, signal)
    expect(await read(answer.body)).toEqual(CONTENT)
    await client.close()
  })
})

const GIVEN = {
  BENCHLING_TENANT: 'acme',
  BENCHLING_CLIENT_ID: 'client',
  BENCHLING_CLIENT_SECRET: 'canary',
  BENCHLING_APP_DEFINITION_ID: 'appdef_A1',
  QUILT_REGISTRY: 's3://lab-data',
  DATA_DIR: '/data',
}

describe('EXPORT_PRIVATE_NETWORKS', () => {
  it.each(NETWORK_SETTINGS)('%j is one: %s', (text, valid) => {
    const load = () => loadConfig({ ...GIVEN, EXPORT_PRIVATE_NETWORKS: text }).exports.privateNetworks
    if (valid) expect(addressRefusal(load()[0]!.split('/')[0]!, networks(load()))).toBeNull()
    else expect(load).toThrow(/EXPORT_PRIVATE_NETWORKS must be private networks/)
  })

  it('names none unless it is set', () => {
    expect(loadConfig(GIVEN).exports.privateNetworks).toEqual([])
  })
})

describe('the address of a simulator', () => {
  const SIMULATED = { ...GIVEN, BENCHLING_TENANT: 'acme.benchling.test', BENCHLING_SIMULATOR_URL: SIMULATOR }

  it.each([undefined, 'production'])('is refused in production (APP_ENV: %s)', (APP_ENV) => {
    expect(() => loadConfig({ ...SIMULATED, APP_ENV })).toThrow(
      /BENCHLING_SIMULATOR_URL is refused in production/,
    )
  })

  it.each([
    'http://10.0.0.1:4000',
    'http://169.254.169.254',
    'http://0.0.0.0:4000',
    'http://[::ffff:127.0.0.1]:4000',
    'http://localhost.evil.org:4000',
    'http://user@127.0.0.1:4000',
    'https://127.0.0.1:4000',
    'http://127.0.0.1:4000/path',
  ])('is on this machine: %s is none', (url) => {
    const environment = { ...SIMULATED, APP_ENV: 'test', BENCHLING_SIMULATOR_URL: url }
    expect(() => loadConfig(environment)).toThrow(/BENCHLING_SIMULATOR_URL must be/)
  })
})
