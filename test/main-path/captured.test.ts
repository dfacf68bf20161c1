import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { bufferSource } from '../../src/simulator/archive/byte-source.ts'
import { keysOf, Lab } from './support/lab.ts'
import { entrySeed } from './support/seeds.ts'

const FIXTURES = join(import.meta.dirname, '../fixtures')
const SHARED = join(import.meta.dirname, '../../../shared/vectors/benchling')

type Sample = { readonly file: string; readonly body: Buffer; readonly envelope: SampleEnvelope }
type SampleEnvelope = {
  readonly baseURL: string
  readonly app: { readonly id: string }
  readonly appDefinition: { readonly id: string }
  readonly message: { readonly type: string; readonly canvasId?: string }
}

const samplesIn = (folder: string): Sample[] =>
  existsSync(folder)
    ? readdirSync(folder).map((file) => {
        const body = readFileSync(join(folder, file))
        return { file, body, envelope: JSON.parse(body.toString('utf8')) as SampleEnvelope }
      })
    : []

/** A lab whose tenant is the one that sent the sample. */
const labOf = ({ envelope }: Sample, entries: Parameters<typeof entrySeed>[0][] = []): Promise<Lab> =>
  Lab.start({
    tenant: {
      tenantHost: new URL(envelope.baseURL).host,
      appId: envelope.app.id,
      appDefinitionId: envelope.appDefinition.id,
      entries: entries.map((id) => entrySeed(id)),
    },
  })

const own = samplesIn(join(FIXTURES, 'benchling/envelopes'))
const captured = samplesIn(join(SHARED, 'webhooks'))
const named = (samples: readonly Sample[], file: string): Sample => {
  const found = samples.find((sample) => sample.file === file)
  if (!found) throw new Error(`There is no sample ${file}.`)
  return found
}
const file = (name: string, text: string) => ({ name, content: bufferSource(Buffer.from(text)) })

/** The same story from other samples: an updated entry, a canvas without its entry's id, a press on an old button. */
const story = async (
  lab: Lab,
  its: {
    readonly updated: Sample
    readonly inserted: Sample
    readonly pressed: Sample
    readonly entryId: string
    readonly canvasIn: string
  },
) => {
  const canvasOf = ({ envelope }: Sample) => envelope.message.canvasId as string
  const { appId } = lab.tenant.credentials
  const place = { appId, featureId: 'quilt_integration' }
  for (const [sample, resourceId] of [
    [its.inserted, its.entryId],
    [its.pressed, its.canvasIn],
  ] as const)
    if (!lab.tenant.canvases.list().some(({ id }) => id === canvasOf(sample)))
      lab.tenant.canvases.create({ ...place, id: canvasOf(sample), resourceId })

  const first = await lab.tenant.deliverBody(its.updated.body)
  expect(first.attempts.map(({ status }) => status)).toEqual([200])
  await lab.rest()
  const revision = await lab.packaged(its.entryId)

  const second = await lab.tenant.deliverBody(its.inserted.body)
  expect(second.attempts.map(({ status }) => status)).toEqual([202])
  await lab.rest()
  const shown = lab.tenant.canvases.get(canvasOf(its.inserted))
  expect(shown.enabled).toBe(true)
  expect(JSON.stringify(shown.blocks)).toContain(revision.topHash.slice(0, 10))

  const exportsBefore = lab.tenant.exports.list().length
  const third = await lab.tenant.deliverBody(its.pressed.body)
  expect(third.attempts.map(({ status }) => status)).toEqual([202])
  await lab.rest()
  expect(lab.tenant.exports.list()).toHaveLength(exportsBefore + 1)
  expect(lab.tenant.canvases.get(canvasOf(its.pressed)).enabled).toBe(true)
  await lab.packaged(its.canvasIn)
  return revision
}

describe('Deliveries and an entry of our own in the form of captured ones', () => {
  const entry = readFileSync(join(FIXTURES, 'entries/everything.json'), 'utf8').replaceAll(
    'etr_Every1',
    'etr_Hq3TzW8b',
  )

  test('go the whole way: an updated entry, a canvas, a press on Update', async () => {
    await using lab = await labOf(named(own, 'v2.canvas.created.json'))
    lab.tenant.entries.addRaw(JSON.parse(entry), {
      files: { efl_Photo: file('photo.png', 'pixels'), efl_Reads: file('reads.fastq', '@r\nA\n+\nI\n') },
    })
    const revision = await story(lab, {
      updated: named(own, 'v2.entry.updated.fields.json'),
      inserted: named(own, 'v2.canvas.created.no-resource.json'),
      pressed: named(own, 'v2.canvas.userInteracted.bare-entry.json'),
      entryId: 'etr_Hq3TzW8b',
      canvasIn: 'etr_Hq3TzW8b',
    })
    expect(keysOf(revision)).toEqual(expect.arrayContaining(['photo.png', 'reads.fastq']))
    expect(revision.header.user_meta).toMatchObject({
      entry_id: 'etr_Hq3TzW8b',
      name: 'Growth of *E. coli* <K-12> at 37 °C',
      fields: { strain: 'MG1655' },
    })
  })

  test('are all acknowledged, of every type, and none is left half done', async () => {
    await using lab = await labOf(own[0]!, ['etr_Hq3TzW8b'])
    lab.tenant.canvases.create({
      appId: lab.tenant.credentials.appId,
      featureId: 'quilt_entry',
      resourceId: 'etr_Hq3TzW8b',
      id: 'cnvs_W2eRt7Yu',
    })
    for (const { file, body } of own) {
      const { attempts } = await lab.tenant.deliverBody(body)
      expect([file, attempts[0]?.status]).toEqual([file, expect.toBeOneOf([200, 202])])
    }
    await lab.rest()
    await lab.packaged('etr_Hq3TzW8b')
    for (const canvas of lab.tenant.canvases.list()) expect(canvas.enabled).toBe(true)
  })
})

describe.runIf(captured.length > 0)('Really captured deliveries and the really captured entry', () => {
  test('go the whole way unchanged', async () => {
    const updated = named(captured, 'quilt__2025-04__entry-updated.json')
    await using lab = await labOf(updated, ['etr_OtsAuzfT'])
    const raw = JSON.parse(readFileSync(join(SHARED, 'api/quilt__GET_entries_id__real.json'), 'utf8'))
    lab.tenant.entries.addRaw(raw, {
      files: {
        efl_fmVaBrIX: file('a.csv', 'a\n1\n'),
        efl_clzRTqMc: { ...file('b.fastq', '@b'), scanned: false },
      },
    })
    const revision = await story(lab, {
      updated,
      inserted: named(captured, 'quilt__2025-04__canvas-created.json'),
      pressed: named(captured, 'quilt__2025-04__app-interaction.json'),
      entryId: 'etr_0uKCQZ8f',
      canvasIn: 'etr_OtsAuzfT',
    })
    expect(revision.name).toBe('benchling/EXP25000007')
    expect(keysOf(revision)).toEqual(expect.arrayContaining(['a.csv', 'attachments/b.fastq']))
    expect(revision.header.user_meta).toMatchObject({
      display_id: 'EXP25000007',
      created_at: '2025-03-24T21:34:16.262367+00:00',
      benchling_base_url: 'https://quilt-dtt.benchling.com',
      fields: { study: raw.entry.fields.Study.value, sentinel: expect.anything() },
    })
    // The third attachment cannot be had from this tenant: the package says so instead of failing.
    expect(await lab.text(revision, 'README.md')).toContain('efl_NpLGuDgJ')
  })

  const ours = captured.filter(({ envelope }) => envelope.baseURL.endsWith('.benchling.com'))
  test('of all kinds are acknowledged unchanged', async () => {
    expect(ours.length).toBeGreaterThanOrEqual(21)
    const apps = Map.groupBy(ours, ({ envelope }) => `${envelope.baseURL} ${envelope.appDefinition.id}`)
    for (const samples of apps.values()) {
      await using lab = await labOf(samples[0]!)
      for (const { file, body } of samples) {
        const { attempts } = await lab.tenant.deliverBody(body)
        expect([file, attempts[0]?.status]).toEqual([file, expect.toBeOneOf([200, 202])])
      }
    }
  })

  test('of another tenant are refused, although the signature is right', async () => {
    await using lab = await Lab.start()
    const { attempts } = await lab.tenant.deliverBody(ours[0]!.body)
    expect(attempts[0]?.status).toBe(403)
  })
})
