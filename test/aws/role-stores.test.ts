import { AthenaClient, ListWorkGroupsCommand } from '@aws-sdk/client-athena'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { clientConfig } from '../../src/aws/aws-client.ts'
import { retryWithNewSession } from '../../src/aws/role-credentials.ts'
import { s3Fault } from '../../src/aws/s3-faults.ts'
import { Fault } from '../../src/base/fault.ts'
import { type S3Server, startS3Server } from '../support/s3-server.ts'
import { listening } from '../support/sts-server.ts'
import { openRoleLab, TASK } from './role-lab.ts'
import { bytesOf, signal, upload } from './s3-lab.ts'

let s3: S3Server
beforeEach(async () => {
  s3 = await startS3Server({ buckets: { lab: 'enabled' } })
})
afterEach(() => s3.close())
const open = () => openRoleLab(s3.credentials)
const tokens = () => new Set(s3.requests.map(({ headers }) => headers['x-amz-security-token']))

describe('stores under the role', () => {
  it('send two hundred requests from two stores with one AssumeRole', async () => {
    await using lab = await open()
    const stores = await Promise.all([lab.store(s3.url), lab.store(s3.url)])
    for (let i = 0; i < 5; i++)
      await Promise.all(
        stores.flatMap((store) => Array.from({ length: 20 }, (_, n) => store.read(`key-${n}`, signal))),
      )
    expect(s3.requests).toHaveLength(200)
    expect(tokens()).toEqual(new Set(['session-1']))
    expect(lab.sts.calls).toHaveLength(1)
  })

  it('go over to the next session by our rule, not by the SDK’s', async () => {
    // The SDK reads the machine's own clock, by which a session of that year is good for long.
    await using lab = await openRoleLab(s3.credentials, { now: Date.UTC(2090, 0) })
    const store = await lab.store(s3.url)
    await store.read('a', signal)
    await lab.clock.advance(60 * 60_000)
    await store.read('a', signal)
    expect(tokens()).toEqual(new Set(['session-1', 'session-2']))
    expect(lab.sts.calls).toHaveLength(2)
  })

  it('send nothing at all when the role is refused, least of all with the task’s own credentials', async () => {
    let requests = 0
    await using elsewhere = await listening((_, response) => {
      requests++
      response.writeHead(500).end()
    })
    await using lab = await open()
    lab.sts.trouble = { status: 403, code: 'AccessDenied' }
    const store = await lab.store(elsewhere.url)
    const refused = { code: 'aws.role_refused' }
    await expect(store.read('a', signal)).rejects.toMatchObject(refused)
    await expect(store.write('a', bytesOf(1), null, signal)).rejects.toMatchObject(refused)
    await expect(upload(store, bytesOf(10))).rejects.toMatchObject(refused)
    await expect(Array.fromAsync(store.list('a', signal))).rejects.toMatchObject(refused)
    expect(requests).toBe(0)
    lab.sts.trouble = null
    await lab.clock.advance(5_000)
    expect(await (await lab.store(s3.url)).read('a', signal)).toBeNull()
  })

  it('tell that STS is away as what it is', async () => {
    await using lab = await open()
    lab.sts.trouble = { status: 503, code: 'ServiceUnavailable' }
    const store = await lab.store(s3.url)
    await expect(store.read('a', signal)).rejects.toMatchObject({
      code: 'aws.sts_unavailable',
      entry: { class: 'again' },
    })
    expect(s3.requests).toEqual([])
  })

  it('know a fault of the role inside of whatever the SDK makes of it', () => {
    const fault = new Fault('aws.role_refused')
    expect(s3Fault(new Error('wrapped', { cause: new Error('again', { cause: fault }) }), {})).toBe(fault)
  })
})

describe('a session that is refused before its time', () => {
  it.each(['ListObjectsV2', 'PutObject', 'GetObject', 'HeadObject'])(
    'is replaced once, and %s goes through',
    async (operation) => {
      await using lab = await open()
      const store = await lab.store(s3.url)
      const key = await upload(store, bytesOf(10))
      await lab.clock.advance(60_000)
      s3.faults.plan(operation, 'expired-token')
      if (operation === 'ListObjectsV2')
        expect(await Array.fromAsync(store.list('benchling', signal))).toHaveLength(1)
      else if (operation === 'PutObject') expect(await store.write('a', bytesOf(1), null, signal)).toBe(true)
      else if (operation === 'HeadObject') expect(await store.has(key, signal)).toBe(true)
      else expect((await store.read('benchling/EXP1/data/results.csv', signal))?.bytes).toEqual(bytesOf(10))
      expect(lab.sts.calls).toHaveLength(2)
      expect(s3.requests.at(-1)?.headers['x-amz-security-token']).toBe('session-2')
    },
  )

  it('is not replaced again and again when that does not help', async () => {
    await using lab = await open()
    const store = await lab.store(s3.url)
    s3.faults.plan('GetObject', 'expired-token', 100)
    for (let i = 0; i < 10; i++)
      await expect(store.read('a', signal)).rejects.toMatchObject({ code: 'store.forbidden' })
    expect(lab.sts.calls).toHaveLength(1)
    expect(s3.requests).toHaveLength(10)
  })

  it('is replaced once for all who used it, for Athena, too', async () => {
    await using lab = await open()
    let revoked = ''
    await using athena = await listening((request, response) => {
      const refused = request.headers['x-amz-security-token'] === revoked
      const body = refused ? { __type: 'ExpiredTokenException' } : { WorkGroups: [] }
      response.writeHead(refused ? 400 : 200, { 'content-type': 'application/x-amz-json-1.1' })
      response.end(JSON.stringify(body))
    })
    const address = { region: 'eu-test-1', endpoint: athena.url, credentials: lab.role.credentials! }
    const client = new AthenaClient(clientConfig(address))
    retryWithNewSession(client, address.credentials)
    await client.send(new ListWorkGroupsCommand())
    await lab.clock.advance(60_000)
    revoked = 'session-1'
    await Promise.all(Array.from({ length: 10 }, () => client.send(new ListWorkGroupsCommand())))
    expect(lab.sts.calls).toHaveLength(2)
    client.destroy()
  })

  it('concerns no client that has keys of its own', async () => {
    let requests = 0
    await using athena = await listening((_, response) => {
      requests++
      response.writeHead(400).end(JSON.stringify({ __type: 'ExpiredTokenException' }))
    })
    const client = new AthenaClient(
      clientConfig({ region: 'eu-test-1', endpoint: athena.url, credentials: TASK }),
    )
    retryWithNewSession(client, TASK)
    await expect(client.send(new ListWorkGroupsCommand())).rejects.toMatchObject({
      name: 'ExpiredTokenException',
    })
    expect(requests).toBe(1)
    client.destroy()
  })
})
