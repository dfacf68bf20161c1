import { describe, expect, it } from 'vitest'
import { entrySeed, file } from '../main-path/support/seeds.ts'
import { CloudLab } from './cloud-lab.ts'
import { checkRegistry, problemsOf } from './quilt3.ts'

const ID = 'etr_Cloud001'
const FILES = [file('reads.fastq', '@r1\nACGT\n+\nIIII\n'), file('Größe µ.csv', 'well,od\nA1,0.4\n')]

describe('The main path over the wire', () => {
  it('goes from a signed delivery by table and queue to a worker with the assumed role, a revision, and the canvas', async () => {
    await using lab = await CloudLab.start({ entries: [entrySeed(ID, FILES)] })
    await lab.serve()
    await lab.until(
      'the secret is known',
      async () => (await lab.tenant.created(ID)).attempts.at(-1)?.status === 200,
    )
    const { canvas } = await lab.tenant.insertCanvas(ID)
    await lab.untilShown(canvas.id, 'Packaged')
    await lab.rest(ID)

    const [revision] = await lab.revisions(ID)
    const checked = await checkRegistry('s3://lab-data', lab.cloud.moto.env)
    expect(problemsOf(checked)).toEqual([])
    expect(checked.map(({ latest }) => latest)).toEqual([revision?.topHash])
    const { calls } = lab.cloud.wire
    const keysOf = (service: string) =>
      new Set(calls.filter((call) => call.service === service).map(({ accessKey }) => accessKey))
    expect([...keysOf('s3')].every((key) => key.startsWith('ASIA'))).toBe(true)
    expect([...keysOf('dynamodb'), ...keysOf('sqs')].some((key) => key.startsWith('ASIA'))).toBe(false)
    expect(lab.cloud.wire.count('sqs', 'SendMessage')).toBeGreaterThan(0)
    expect(lab.cloud.wire.count('sts', 'AssumeRole')).toBe(1)
  })
})
