import { hostname } from 'node:os'
import { describe, expect, it } from 'vitest'
import { createRoleManager, sessionName } from '../../src/aws/role-manager.ts'
import { createLog } from '../../src/base/log.ts'
import { FakeClock } from '../support/clock.ts'
import { openRoleLab, ROLE } from './role-lab.ts'
import { signal } from './s3-lab.ts'

const KEYS = { accessKeyId: 'AKIASESSION00000', secretAccessKey: 'session-secret' }
const MINUTE = 60_000
const open = (more: Parameters<typeof openRoleLab>[1] = {}) => openRoleLab(KEYS, more)
const tokenOf = async (lab: Awaited<ReturnType<typeof open>>) =>
  ((await lab.role.credentials!()) as { sessionToken?: string }).sessionToken
/** Lets a renewal in the background come to its end. */
const settled = async (done: () => boolean) => {
  while (!done()) await new Promise((resolve) => setImmediate(resolve))
}

describe('the session of the role', () => {
  it('is assumed once for fifty who ask at the same time, for an hour, and says which host asked', async () => {
    await using lab = await open()
    expect(lab.sts.calls).toEqual([])
    const keys = await Promise.all(Array.from({ length: 50 }, () => lab.role.credentials!()))
    expect(new Set(keys).size).toBe(1)
    expect(keys[0]).toMatchObject({ ...KEYS, sessionToken: 'session-1' })
    const session = `benchling-webhook-ip-10-0-0-7-${lab.clock.now() / 1_000}`
    expect(lab.sts.calls).toEqual([{ session, seconds: 3600, accessKeyId: 'AKIATASKTASKTASK' }])
  })

  it('is renewed five minutes before its end, once, while the old one is still handed out', async () => {
    await using lab = await open()
    await tokenOf(lab)
    await lab.clock.advance(55 * MINUTE - 1)
    expect([await tokenOf(lab), lab.sts.calls.length]).toEqual(['session-1', 1])
    await lab.clock.advance(1)
    const during = await Promise.all(Array.from({ length: 20 }, () => tokenOf(lab)))
    expect(new Set(during)).toEqual(new Set(['session-1']))
    await settled(() => lab.lines.filter((line) => line.includes('role assumed')).length === 2)
    expect([await tokenOf(lab), lab.sts.calls.length]).toEqual(['session-2', 2])
  })

  it('is still handed out while it cannot be renewed, and never when it is over', async () => {
    await using lab = await open()
    await tokenOf(lab)
    await lab.clock.advance(56 * MINUTE)
    lab.sts.trouble = { status: 503, code: 'ServiceUnavailable' }
    expect(await tokenOf(lab)).toBe('session-1')
    await settled(() => lab.lines.some((line) => line.includes('could not be assumed')))
    expect(lab.sts.calls).toHaveLength(1 + 3)
    expect([await tokenOf(lab), lab.role.status()]).toEqual(['session-1', { configured: true, valid: true }])
    await lab.clock.advance(4 * MINUTE)
    expect(lab.role.status()).toMatchObject({ configured: true, valid: false })
    await expect(tokenOf(lab)).rejects.toMatchObject({ code: 'aws.sts_unavailable' })
    lab.sts.trouble = null
    await lab.clock.advance(5_000)
    expect(await tokenOf(lab)).toMatch(/^session-\d+$/)
    expect(lab.role.status()).toEqual({ configured: true, valid: true })
  })

  it('counts by our own clock when that is ahead of the one of STS', async () => {
    await using lab = await open({ lifetimeMs: -2 * 60 * MINUTE })
    await tokenOf(lab)
    await lab.clock.advance(54 * MINUTE)
    expect([await tokenOf(lab), lab.sts.calls.length]).toEqual(['session-1', 1])
  })

  it('may be shorter than what was asked for', async () => {
    await using lab = await open({ lifetimeMs: 4 * MINUTE })
    await tokenOf(lab)
    await lab.clock.advance(2 * MINUTE - 1)
    expect([await tokenOf(lab), lab.sts.calls.length]).toEqual(['session-1', 1])
    await lab.clock.advance(2 * MINUTE + 1)
    expect(await tokenOf(lab)).toBe('session-2')
  })

  it.each([
    ['ip-10-0-0-7.ec2.internal', 'ip-10-0-0-7.ec2.internal'],
    ['a b/ü', 'a-b--'],
    ['h'.repeat(64), 'h'.repeat(34)],
    ['', 'unknown'],
  ])('is named after the host %j', (host, safe) => {
    const name = sessionName(host, Date.UTC(2026, 10, 28))
    expect(name).toBe(`benchling-webhook-${safe}-1795824000`)
    expect(name).toMatch(/^[\w+=,.@-]{2,64}$/)
  })

  it('is named after this machine where nothing else is said', async () => {
    await using lab = await open()
    const { clock, endpoint } = lab
    const log = createLog('silent')
    const role = createRoleManager({
      roleArn: ROLE,
      clock,
      log,
      region: 'eu-test-1',
      endpoint,
      credentials: KEYS,
    })
    await role.check(signal)
    expect(lab.sts.calls[0]?.session).toBe(sessionName(hostname(), clock.now()))
    role.close()
  })
})

describe('a role that cannot be assumed', () => {
  it.each([
    [403, 'AccessDenied', 'aws.role_refused', 'trust policy'],
    [400, 'ValidationError', 'aws.role_refused', 'QUILT_WRITE_ROLE_ARN'],
    [403, 'ExpiredToken', 'aws.role_refused', 'own credentials'],
    [403, 'InvalidClientTokenId', 'aws.role_refused', 'own credentials'],
    [403, 'RegionDisabledException', 'aws.role_refused', 'region'],
    [500, 'InternalFailure', 'aws.sts_unavailable', ''],
    [400, 'Throttling', 'aws.sts_unavailable', ''],
  ] as const)('%i %s is %s', async (status, name, code, says) => {
    await using lab = await open()
    lab.sts.trouble = { status, code: name }
    const fault = await lab.role.check(signal).catch((thrown: unknown) => thrown)
    expect(fault).toMatchObject({ code, facts: { error: name } })
    expect((fault as { detail?: string }).detail ?? '').toContain(says)
    expect((fault as { people: string }).people).not.toMatch(/\d{12}|arn:/)
    expect(lab.sts.calls).toHaveLength(code === 'aws.role_refused' ? 1 : 3)
    expect(lab.role.status()).toEqual({
      configured: true,
      valid: false,
      error: (fault as { people: string }).people,
    })
  })

  it.each(['reset', 'hang'] as const)(
    'because nothing answers (%s) is tried three times',
    async (trouble) => {
      await using lab = await open()
      lab.sts.trouble = trouble
      const failed = expect(lab.role.check(signal)).rejects.toMatchObject({ code: 'aws.sts_unavailable' })
      for (let tries = 1; trouble === 'hang' && tries <= 3; tries++) {
        await settled(() => lab.sts.calls.length === tries)
        await lab.clock.advance(10_000)
      }
      await failed
      expect(lab.sts.calls).toHaveLength(3)
    },
  )

  it('because the service has no credentials of its own is the operator’s to set right', async () => {
    const nothing = async () => {
      throw Object.assign(new Error('Could not load credentials'), { name: 'CredentialsProviderError' })
    }
    await using lab = await open({ credentials: nothing })
    await expect(lab.role.check(signal)).rejects.toMatchObject({ code: 'aws.role_refused' })
    expect(lab.sts.calls).toEqual([])
  })

  it('is what an answer without keys means, too', async () => {
    await using lab = await openRoleLab({ accessKeyId: '', secretAccessKey: 'x' })
    await expect(lab.role.credentials!()).rejects.toMatchObject({ code: 'aws.sts_unavailable' })
    expect(lab.role.status()).toMatchObject({ configured: true, valid: false })
  })

  it('is not asked for again by everybody, and heals by itself', async () => {
    await using lab = await open()
    expect(lab.role.status()).toEqual({
      configured: true,
      valid: false,
      error: 'The role was not assumed yet.',
    })
    lab.sts.trouble = { status: 403, code: 'AccessDenied' }
    const all = await Promise.allSettled(Array.from({ length: 50 }, () => lab.role.credentials!()))
    expect(all.every(({ status }) => status === 'rejected')).toBe(true)
    lab.sts.trouble = null
    await expect(lab.role.check(signal)).rejects.toMatchObject({ code: 'aws.role_refused' })
    expect(lab.sts.calls).toHaveLength(1)
    await lab.clock.advance(5_000)
    await lab.role.check(signal)
    expect(lab.role.status()).toEqual({ configured: true, valid: true })
    expect(lab.sts.calls).toHaveLength(2)
  })

  it('needs a region that somebody named', async () => {
    const before = { ...process.env }
    for (const name of Object.keys(process.env)) if (name.startsWith('AWS_')) delete process.env[name]
    process.env.AWS_CONFIG_FILE = process.env.AWS_SHARED_CREDENTIALS_FILE = '/nowhere'
    try {
      const role = createRoleManager({ roleArn: ROLE, clock: new FakeClock(), log: createLog('silent') })
      await expect(role.check(signal)).rejects.toMatchObject({ code: 'config.invalid' })
    } finally {
      process.env = before
    }
  })
})

describe('the check', () => {
  it('asks STS only when there are no good keys, and ends with its signal', async () => {
    await using lab = await open()
    for (let i = 0; i < 20; i++) await lab.role.check(signal)
    expect(lab.sts.calls).toHaveLength(1)
    await lab.clock.advance(60 * MINUTE)
    lab.sts.trouble = 'hang'
    const drain = new AbortController()
    const given = expect(lab.role.check(drain.signal)).rejects.toThrow('drained')
    await settled(() => lab.sts.calls.length === 2)
    drain.abort(new Error('drained'))
    await given
    await expect(lab.role.check(drain.signal)).rejects.toThrow('drained')
    await lab.clock.advance(10_000)
  })

  it('has nothing to do without a role', async () => {
    await using lab = await open({ roleArn: null })
    await lab.role.check(signal)
    expect(lab.role.status()).toEqual({ configured: false, valid: true })
    expect(lab.role.credentials).toBeUndefined()
    expect(lab.sts.calls).toEqual([])
    lab.role.close()
  })
})
