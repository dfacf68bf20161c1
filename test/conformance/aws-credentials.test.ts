import { describe, expect, it } from 'vitest'
import { entrySeed, file } from '../main-path/support/seeds.ts'
import { secretOf } from './cloud.ts'
import { CloudLab } from './cloud-lab.ts'
import { checkRegistry, problemsOf } from './quilt3.ts'

const ID = 'etr_Cloud001'
const OTHER = 'etr_Cloud002'
const THIRD = 'etr_Cloud003'
const FILES = [file('reads.fastq', '@r1\nACGT\n+\nIIII\n')]
/** Waits for configuration are a minute at most, the secret is read once a minute, and a busy machine needs some more. */
const WITHIN_MS = 150_000

const DENIED = {
  status: 403,
  headers: { 'content-type': 'text/xml' },
  body: `<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><Error><Type>Sender</Type><Code>AccessDenied</Code>
<Message>User: arn:aws:sts::123456789012:assumed-role/task/1 is not authorized to perform: sts:AssumeRole on resource: arn:aws:iam::123456789012:role/quilt-write</Message>
</Error><RequestId>8b1e</RequestId></ErrorResponse>`,
}

// biome-ignore lint/suspicious/noExplicitAny: answers of any form.
type Loose = Readonly<Record<string, any>>
type Report = { readonly status: number; readonly body: Loose; readonly text: string }

const ask = async (url: string, init?: RequestInit): Promise<Report> => {
  const answer = await fetch(url, init)
  const text = await answer.text()
  return { status: answer.status, body: JSON.parse(text), text }
}

/** No ARN, no account, no address. */
const isPlain = (text: string): boolean => !/arn:|\d{12}|https?:\/\/[^"]*amazonaws|AKIA|ASIA/.test(text)

describe.concurrent('Credentials that are missing, refused or replaced, over the wire', () => {
  it('says on canvas and health that the role is refused, touches no bucket under another one, and goes on when it is allowed', async () => {
    await using lab = await CloudLab.start({ entries: [entrySeed(ID, FILES)] })
    const { wire } = lab.cloud
    const denial = wire.when(({ operation }) => (operation === 'AssumeRole' ? DENIED : 'pass'))
    const task = await lab.serve()
    await lab.untilReady()
    const { canvas, delivery } = await lab.tenant.insertCanvas(ID)
    expect(delivery.attempts.map(({ status }) => status)).toEqual([202])
    await lab.untilShown(canvas.id, 'aws.role_refused')
    expect(lab.shows(canvas.id)).toContain('Tell whoever runs this service')
    expect(lab.shows(canvas.id)).not.toContain('trust policy')
    expect(isPlain(lab.shows(canvas.id))).toBe(true)
    const ready = await lab.until('not ready', async () => {
      const report = await ask(`${task.url}/health/ready`)
      return report.body.role?.error && report
    })
    expect(ready.status).toBe(503)
    expect(JSON.stringify(ready.body)).toContain('trust policy')
    expect(ready.body.role).toMatchObject({ configured: true, valid: false })
    expect(isPlain(ready.text)).toBe(true)
    const healthy = await ask(`${task.url}/health`)
    expect(healthy).toMatchObject({ status: 200, body: { mode: 'degraded', warning: ready.body.role.error } })
    expect(isPlain(healthy.text)).toBe(true)
    expect((await ask(`${task.url}/health/live`)).status).toBe(200)
    expect(wire.count('s3')).toBe(0)
    expect(await lab.runs(ID)).toEqual([])

    denial[Symbol.dispose]()
    await lab.untilShown(canvas.id, 'Packaged', WITHIN_MS)
    await lab.rest(ID)
    await lab.until('ready', async () => (await ask(`${task.url}/health/ready`)).status === 200)
    expect((await ask(`${task.url}/health`)).body.mode).toBeUndefined()
    expect(await lab.revisions(ID)).toHaveLength(1)
    expect(await lab.runs(ID)).toMatchObject([{ outcome: 'done', attempt: 0, role: lab.cloud.roleArn }])
    const s3 = wire.calls.filter(({ service }) => service === 's3')
    expect(s3.length).toBeGreaterThan(0)
    expect(s3.filter(({ accessKey }) => !accessKey.startsWith('ASIA'))).toEqual([])
    expect(problemsOf(await checkRegistry('s3://lab-data', lab.cloud.moto.env))).toEqual([])
  })

  it('answers 503 and says why while the secret is missing, and takes what Benchling sends again when it is there', async () => {
    await using lab = await CloudLab.start({ entries: [entrySeed(ID, FILES)], secret: false })
    const task = await lab.serve()
    const { canvas, delivery } = await lab.tenant.insertCanvas(ID)
    expect(delivery.attempts.map(({ status }) => status)).toEqual([503])
    const headers = { 'content-type': 'application/json' }
    const missing = 'The secret named by BenchlingSecret does not exist.'
    const refused = await lab.until('told that it is missing', async () => {
      const report = await ask(`${task.url}/canvas`, { method: 'POST', headers, body: '{}' })
      return report.body.message === missing && report
    })
    expect(refused).toMatchObject({
      status: 503,
      body: {
        error: 'benchling_secret_unavailable',
        action: expect.stringContaining('Create it'),
      },
    })
    const ready = await ask(`${task.url}/health/ready`)
    expect(ready).toMatchObject({ status: 503, body: { secret: { configured: true, valid: false } } })
    expect(await ask(`${task.url}/health`)).toMatchObject({ status: 200, body: { mode: 'degraded' } })
    expect((await ask(`${task.url}/health/live`)).status).toBe(200)

    await lab.cloud.putSecret(secretOf(lab.tenant))
    await lab.untilShown(canvas.id, 'Packaged', WITHIN_MS)
    await lab.rest(ID)
    const { attempts, state } = await lab.tenant.settled(delivery.id)
    expect(state).toBe('delivered')
    expect(attempts.at(-1)?.status).toBe(202)
    expect(attempts.slice(0, -1).every(({ status }) => status === 503)).toBe(true)
    expect(await lab.revisions(ID)).toHaveLength(1)
    expect(await lab.recorded()).toEqual([delivery.id])
    await lab.until('ready', async () => (await ask(`${task.url}/health/ready`)).status === 200)
  })

  it('uses a rotated client secret and another app definition in the middle of a job, without a restart', async () => {
    await using lab = await CloudLab.start({
      entries: [entrySeed(ID, FILES), entrySeed(OTHER, FILES), entrySeed(THIRD, FILES)],
      // Longer than the minute in which the secret is read again.
      exportMs: 66_000,
    })
    const { tenant } = lab
    const tokens: number[] = []
    tenant.events.on('activity', (one) => {
      if (one.kind === 'request' && one.request.path.endsWith('/token')) tokens.push(one.request.status)
    })
    const task = await lab.serve()
    await lab.untilReady()
    const first = await lab.tenant.insertCanvas(ID)
    await lab.untilShown(first.canvas.id, 'Exporting')
    expect(tokens).toEqual([200])
    tenant.replaceCredentials({ clientSecret: 'rotated-secret', appDefinitionId: 'appdef_Rotated01' })
    tenant.rotateKeys()
    await lab.cloud.putSecret(secretOf(tenant))
    const early = await tenant.insertCanvas(OTHER)
    expect(early.delivery.attempts.map(({ status }) => status)).toEqual([503])

    const readAgain = () => task.output.split('the secret was read, its settings are in use').length === 3
    await lab.until('the new secret is in use', readAgain, WITHIN_MS)
    expect((await tenant.redeliver(early.delivery.id)).attempts.map(({ status }) => status)).toEqual([202])
    await lab.untilShown(first.canvas.id, 'Packaged', WITHIN_MS)
    await lab.untilShown(early.canvas.id, 'Exporting', WITHIN_MS)
    expect(tokens).toEqual([200, 200])
    expect(await lab.runs(ID)).toMatchObject([{ outcome: 'done', attempt: 0 }])
    expect(tenant.exports.list().filter(({ entryId }) => entryId === ID)).toHaveLength(1)
    expect(await lab.revisions(ID)).toHaveLength(1)
    const late = await tenant.insertCanvas(THIRD)
    expect(late.delivery.attempts.map(({ status }) => status)).toEqual([202])
    expect(await lab.recorded()).toEqual([first, early, late].map(({ delivery }) => delivery.id))
  })
})
