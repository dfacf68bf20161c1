import { X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { ERRORS } from '../../src/base/errors.ts'
import { type ConnectProxy, startConnectProxy } from '../support/connect-proxy.ts'
import { AUTHORITY, type Hosts, startHosts, TLS } from './hosts.ts'
import { type ChildAnswer, codesOf, runChild } from './run-child.ts'

const PASSWORD = 'p@ss/word canary'
const ALL_OK = { api: 'ok', jwks: 'ok', download: 'ok', sts: 'ok', secret: 'ok', s3: 'ok' }
const UNTRUSTED = 'network.certificate_untrusted'
const TARGETS = [
  'CONNECT acme.benchling.com:443',
  'CONNECT apps.benchling.com:443',
  'CONNECT exports.s3.eu-west-1.amazonaws.com:443',
  'CONNECT sts.eu-west-1.amazonaws.com:443',
  'CONNECT secretsmanager.eu-west-1.amazonaws.com:443',
  'CONNECT lab-data.s3.eu-west-1.amazonaws.com:443',
]

let hosts: Hosts
let proxy: ConnectProxy
beforeEach(async () => {
  hosts = await startHosts()
  proxy = await startConnectProxy({
    portOf: () => hosts.port,
    credentials: { user: 'lab', password: PASSWORD },
  })
})
afterEach(async () => {
  await proxy[Symbol.asyncDispose]()
  await hosts[Symbol.asyncDispose]()
})
const trusting = () => ({ HTTPS_PROXY: proxy.url, NODE_EXTRA_CA_CERTS: AUTHORITY })

const expectRefused = (answer: ChildAnswer) => {
  expect(codesOf(answer)).toEqual({
    api: UNTRUSTED,
    jwks: 'webhook.keys_unavailable',
    download: UNTRUSTED,
    sts: UNTRUSTED,
    secret: UNTRUSTED,
    s3: UNTRUSTED,
  })
  for (const { people } of Object.values(answer.outcomes)) expect(people).toContain(ERRORS[UNTRUSTED].people)
  expect(ERRORS[UNTRUSTED].hint).toContain('docs/network.md')
  expect(hosts.requests).toEqual([])
}

describe('a private certificate authority', () => {
  it('that the service was told of is trusted through the proxy, by everything that leaves the house', async () => {
    const answer = await runChild(trusting())
    expect(codesOf(answer)).toEqual(ALL_OK)
    expect([...new Set(proxy.targets)]).toEqual(TARGETS)
    const asked = new Set(hosts.requests.map((request) => request.split(' ')[0]))
    expect([...asked].map((host) => `CONNECT ${host}:443`)).toEqual(TARGETS)
    expect([...hosts.names].filter((name) => name.endsWith(' h2'))).toEqual([])
    expect(hosts.names.size).toBe(TARGETS.length)
    expect(JSON.stringify([answer.lines, answer.outcomes, answer.proxies])).not.toMatch(/canary|p%40ss|Basic/)
    expect(answer.proxies).toEqual([proxy.url.replace(/\/\/.*@/, '//')])
  })

  it('is trusted in a proxy that is itself reached by https', async () => {
    await using secure = await startConnectProxy({ portOf: () => hosts.port, tls: TLS })
    const answer = await runChild({ HTTPS_PROXY: secure.url, NODE_EXTRA_CA_CERTS: AUTHORITY })
    expect(codesOf(answer)).toEqual(ALL_OK)
    expect([...new Set(secure.targets)]).toEqual(TARGETS)
  })

  it('that the service was not told of is refused, in words that say what to do', async () => {
    const answer = await runChild({ HTTPS_PROXY: proxy.url })
    expectRefused(answer)
    expect(answer.outcomes.api?.people).toMatch(/\(UNABLE_TO_|\(SELF_SIGNED_/)
  })

  it('is refused whatever the environment says about verifying', async () => {
    expectRefused(await runChild({ HTTPS_PROXY: proxy.url, NODE_TLS_REJECT_UNAUTHORIZED: '0' }))
  })

  it('is refused without a proxy just the same', async () => {
    const named = TARGETS.map((target) => target.replace(/^CONNECT |:443$/g, ''))
    const here = [...named, 's3.eu-west-1.amazonaws.com']
    const answer = await runChild(
      { NODE_TLS_REJECT_UNAUTHORIZED: '0' },
      { here, port: hosts.port, asks: ['api', 'jwks', 'sts', 'secret', 's3'] },
    )
    expect(codesOf(answer)).toEqual({
      api: UNTRUSTED,
      jwks: 'webhook.keys_unavailable',
      sts: UNTRUSTED,
      secret: UNTRUSTED,
      s3: UNTRUSTED,
    })
    expect(hosts.requests).toEqual([])
  })
})

describe('NO_PROXY', () => {
  const here = ['acme.benchling.com', 'sts.eu-west-1.amazonaws.com']

  it('hosts are reached directly, the others through the proxy', async () => {
    const env = { ...trusting(), NO_PROXY: here.join(', ') }
    const answer = await runChild(env, { here, port: hosts.port })
    expect(codesOf(answer)).toEqual(ALL_OK)
    expect([...new Set(proxy.targets)]).toEqual(TARGETS.filter((target) => !/acme|sts/.test(target)))
    expect(hosts.requests.map((request) => request.split(' ')[0])).toContain('acme.benchling.com')
  })

  it('does not take the guard from downloads that are reached directly', async () => {
    const env = { ...trusting(), no_proxy: '.amazonaws.com' }
    const answer = await runChild(env, {
      here: ['exports.s3.eu-west-1.amazonaws.com'],
      asks: ['download'],
    })
    expect(codesOf(answer)).toEqual({ download: 'export.host_refused' })
    expect(proxy.targets).toEqual([])
  })
})

describe('the certificates of these tests', () => {
  it('are good until 2056 at least', () => {
    for (const pem of [TLS.cert, readFileSync(AUTHORITY, 'utf8')])
      expect(new X509Certificate(pem).validToDate.getUTCFullYear()).toBeGreaterThanOrEqual(2056)
  })
})
