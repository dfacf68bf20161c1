import type { LookupAddress } from 'node:dns'
import { describe, expect, it } from 'vitest'
import { Fault } from '../../src/base/fault.ts'
import {
  admit,
  DEFAULT_DOWNLOAD_HOSTS,
  type DownloadRules,
  guardedLookup,
} from '../../src/benchling/download-rules.ts'
import { isPublicAddress } from '../../src/benchling/public-address.ts'

const rules: DownloadRules = {
  hosts: [...DEFAULT_DOWNLOAD_HOSTS, 'files.example.org'],
  allowOrigins: ['http://127.0.0.1:1234'],
}

const admitted = (address: string) => {
  try {
    return admit(address, rules).guarded ? 'guarded' : 'as it is'
  } catch (thrown) {
    expect(thrown).toBeInstanceOf(Fault)
    expect(JSON.stringify({ ...(thrown as Fault) })).not.toContain('secret')
    return (thrown as Fault).code
  }
}

describe('the hosts of downloads', () => {
  it.each([
    'https://bucket.s3.amazonaws.com/x?X-Amz-Signature=secret',
    'https://bucket.s3.eu-central-1.amazonaws.com:443/x',
    'https://ACME.BENCHLING.COM/x',
    'https://files.example.org/x',
  ])('%s is read through the guard', (address) => {
    expect(admitted(address)).toBe('guarded')
  })

  it.each([
    'http://bucket.s3.amazonaws.com/x?secret',
    'https://bucket.s3.amazonaws.com:8443/?secret',
    'https://user:secret@bucket.s3.amazonaws.com/',
    'https://amazonaws.com.evil.org/secret',
    'https://evilamazonaws.com/secret',
    'https://amazonaws.com/',
    'https://bucket.s3.amazonaws.com./secret',
    'https://other.example.org/',
    'https://sub.files.example.org/',
    'https://127.0.0.1/secret',
    'https://[::1]/secret',
    'https://169.254.169.254/latest/meta-data/secret',
    'https://2130706433/secret',
    'http://127.0.0.1:1235/secret',
    'http://localhost:1234/secret',
    'http://127.0.0.1:1234@evil.org/secret',
    'file:///etc/secret',
    'data:text/plain,secret',
    'secret',
    '',
  ])('%s is refused', (address) => {
    expect(admitted(address)).toBe('export.host_refused')
  })

  it('the exact origin of a simulator is read as it is', () => {
    expect(admitted('http://127.0.0.1:1234/x?X-Amz-Signature=secret')).toBe('as it is')
  })
})

describe('public addresses', () => {
  it.each([
    '8.8.8.8',
    '52.216.1.1',
    '172.32.0.1',
    '100.128.0.1',
    '2606:4700::1',
    '2a00:1450:4001::1',
    '64:ff9b::34d8:101',
  ])('%s is one', (address) => {
    expect(isPublicAddress(address)).toBe(true)
  })

  it.each([
    '0.0.0.0',
    '127.0.0.1',
    '127.255.1.2',
    '10.1.2.3',
    '172.16.0.1',
    '172.31.255.255',
    '192.168.1.1',
    '169.254.169.254',
    '169.254.170.2',
    '100.64.0.1',
    '198.18.0.1',
    '224.0.0.1',
    '255.255.255.255',
    '::',
    '::1',
    '::ffff:8.8.8.8',
    '::ffff:127.0.0.1',
    '::127.0.0.1',
    '64:ff9b::a9fe:a9fe',
    '64:ff9b::10.0.0.1',
    '64:ff9b:1::1',
    'fe80::1',
    'fe80::1%eth0',
    'fc00::1',
    'fd00:ec2::254',
    'fec0::1',
    'ff02::1',
    '2001:db8::1',
    '2001::1',
    '2002:7f00:1::',
    '3fff::1',
    'localhost',
    '',
  ])('%s is none', (address) => {
    expect(isPublicAddress(address)).toBe(false)
  })
})

describe('resolving for a connection', () => {
  const lookup = (found: LookupAddress[], options: { all?: boolean; family?: number } = {}) =>
    new Promise((resolve) => {
      guardedLookup({ ...rules, resolve: async () => found })(
        'b.s3.amazonaws.com',
        options,
        (error, address, family) => resolve(error ? error.code : { address, family }),
      )
    })
  const open = { address: '52.216.1.1', family: 4 }
  const open6 = { address: '2606:4700::1', family: 6 }
  const inner = { address: '10.0.0.1', family: 4 }

  it('gives the connection only addresses that are public', async () => {
    expect(await lookup([inner, open, open6], { all: true })).toEqual({
      address: [open, open6],
      family: undefined,
    })
    expect(await lookup([inner, open])).toEqual(open)
    expect(await lookup([open, open6], { family: 6 })).toEqual(open6)
  })

  it('refuses when nothing public is left', async () => {
    expect(await lookup([inner], { all: true })).toBe('ADDRESS_REFUSED')
    expect(await lookup([])).toBe('ADDRESS_REFUSED')
  })

  it('passes on what the resolver failed with', async () => {
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
