import { inspect } from 'node:util'
import { describe, expect, it } from 'vitest'
import { DIRECT, Egress, parseEgress } from '../../src/base/egress.ts'

const PROXY = 'http://proxy.example.org:3128/'
const through = (address: string, noProxy: string) =>
  parseEgress({ HTTPS_PROXY: PROXY, HTTP_PROXY: PROXY, NO_PROXY: noProxy }).egress.proxyFor(address) !== null

describe('which proxy', () => {
  it('goes by the scheme of the address, and small letters win', () => {
    const { egress, problems } = parseEgress({
      HTTPS_PROXY: 'http://loud:1',
      https_proxy: 'http://secure.example.org:3128',
      HTTP_PROXY: 'plain.example.org:8080',
      http_proxy: ' ',
    })
    expect(problems).toEqual([])
    expect(egress.proxyFor('https://acme.benchling.com')).toBe('http://secure.example.org:3128/')
    expect(egress.proxyFor('http://s3.lab.test:9000')).toBe('http://plain.example.org:8080/')
    expect(egress.proxies).toEqual(['http://secure.example.org:3128', 'http://plain.example.org:8080'])
  })

  it('is none where none is named', () => {
    expect(parseEgress({}).egress.proxyFor('https://acme.benchling.com')).toBeNull()
    expect(parseEgress({ HTTP_PROXY: PROXY }).egress.proxyFor('https://acme.benchling.com')).toBeNull()
    expect([DIRECT.proxyFor('https://acme.benchling.com'), DIRECT.proxies]).toEqual([null, []])
  })

  it.each([
    'https://localhost/',
    'http://127.0.0.1:4000',
    'http://127.8.9.1',
    'http://[::1]:4000',
    'http://a.localhost',
    'http://LOCALHOST.',
  ])('is none for this machine, whatever NO_PROXY says: %s', (address) => {
    expect(through(address, '')).toBe(false)
  })

  it.each([
    ['https://acme.benchling.com', '*', false],
    ['https://acme.benchling.com', 'benchling.com', false],
    ['https://acme.benchling.com', '.benchling.com', false],
    ['https://acme.benchling.com', 'x.org, *.Benchling.com', false],
    ['https://acme.benchling.com.', 'acme.benchling.com', false],
    ['https://acme.benchling.com', 'acme.benchling.com.', false],
    ['https://benchling.com', '.benchling.com', false],
    ['https://benchling.com', '*.benchling.com', true],
    ['https://notbenchling.com', 'benchling.com', true],
    ['https://acme.benchling.com', 'acme.benchling.com:443', false],
    ['https://acme.benchling.com', 'acme.benchling.com:8443', true],
    ['https://acme.benchling.com:8443', '*:8443', false],
    ['http://s3.lab.test', 's3.lab.test:80', false],
    ['http://10.1.2.3:9000', '10.0.0.0/8', false],
    ['http://10.1.2.3:9000', '10.1.2.3', false],
    ['http://11.1.2.3:9000', '10.0.0.0/8', true],
    ['http://10.lab.test', '10.0.0.0/8', true],
    ['http://[fd12::1]:9000', 'fd12::/16', false],
    ['http://[fd12::1]:9000', '[fd12::1]:9000', false],
    ['http://[fd12::1]:9000', 'fd12::1', false],
    ['http://10.1.2.3', '10.0.0.0/99', true],
    ['https://acme.benchling.com', ' , ,', true],
    ['https://acme.benchling.com', '.', true],
  ])('%s with NO_PROXY=%s: %s', (address, noProxy, proxied) => {
    expect(through(address, noProxy)).toBe(proxied)
  })
})

describe('a proxy', () => {
  it.each([
    'socks5://proxy.example.org',
    'http://',
    'http://proxy.example.org/path',
    'http://proxy.example.org:3128/?x',
    'http://proxy.example.org:999999',
    'http://user:%zz@proxy.example.org',
    'not a proxy',
  ])('is not %s, and the problem does not repeat it', (text) => {
    const { egress, problems } = parseEgress({ HTTPS_PROXY: text })
    expect(problems).toEqual([
      'HTTPS_PROXY must be an address like http://proxy.example.org:3128, without a path.',
    ])
    expect(egress.proxyFor('https://acme.benchling.com')).toBeNull()
  })

  it('has a password that neither an inspector nor JSON shows', () => {
    const proxy = 'http://lab:cs_canary@proxy.example.org:3128/'
    const egress = new Egress(proxy, proxy, [])
    expect(egress.proxyFor('https://acme.benchling.com')).toBe(proxy)
    const shown = inspect(egress, { depth: 9, showHidden: true }) + JSON.stringify(egress) + egress.proxies
    expect(shown).not.toContain('canary')
    expect(egress.proxies).toEqual(['http://proxy.example.org:3128'])
  })
})
