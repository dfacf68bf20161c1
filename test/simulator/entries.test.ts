import { existsSync, readFileSync } from 'node:fs'
import { afterEach, describe, expect, it } from 'vitest'
import { bufferSource, generatedSource } from '../../src/simulator/archive/byte-source.ts'
import { startTenant, type Tenant } from '../../src/simulator/tenant.ts'
import { appOf } from './support/app.ts'
import { unzip } from './support/zip.ts'

const CAPTURED = new URL(
  '../../../shared/vectors/benchling/api/quilt__GET_entries_id__real.json',
  import.meta.url,
)
let tenant: Tenant
afterEach(() => tenant.close())

describe('a captured entry', () => {
  const raw = {
    entry: {
      id: 'etr_captured',
      displayId: 'EXP1',
      name: 'captured',
      createdAt: '2025-03-24T21:34:16.262367+00:00',
      modifiedAt: '2025-03-30T23:37:22.777296+00:00',
      creator: { id: 'ent_1', handle: 'jdoe', name: 'Jane Doe' },
      authors: [],
      fields: {},
      days: [{ date: '2025-03-24', title: null, notes: [] }],
      somethingNew: { kept: true },
    },
  }

  it('is answered as it was captured, and exported with the files it was given', async () => {
    tenant = await startTenant({ exportMs: 0, page: false, entries: [] })
    const content = bufferSource(Buffer.from('1,2\n'))
    tenant.entries.addRaw(raw, { files: { efl_fmVaBrIX: { name: 'data.csv', content } } })
    const app = await appOf(tenant)
    expect((await app.get('/entries/etr_captured')).json).toEqual(raw)
    const archive = await fetch(await app.exportOf('etr_captured'))
    const members = await unzip(Buffer.from(await archive.arrayBuffer()))
    expect(members.map(({ name }) => name)).toEqual(['captured 2025-03-24 (etr_captured).pdf', 'data.csv'])
  })

  describe.runIf(existsSync(CAPTURED))('from a real tenant', () => {
    it('goes in and out unchanged', async () => {
      tenant = await startTenant({ exportMs: 0, page: false, entries: [] })
      const real = JSON.parse(readFileSync(CAPTURED, 'utf8'))
      tenant.entries.addRaw(real)
      const app = await appOf(tenant)
      expect((await app.get(`/entries/${real.entry.id}`, 200)).json).toEqual(real)
      expect((await fetch(await app.exportOf(real.entry.id))).status).toBe(200)
    })
  })
})

describe('a large entry', () => {
  it('is exported as a virtual archive, read in parts', async () => {
    const size = 96 * 1024 * 1024
    const big = {
      id: 'efl_big',
      name: 'big.bin',
      type: 'application/octet-stream',
      content: generatedSource(5, size),
      scanned: true,
    }
    tenant = await startTenant({
      exportMs: 0,
      page: false,
      entries: [{ id: 'etr_big', name: 'Big', attachments: [big] }],
    })
    const url = await (await appOf(tenant)).exportOf('etr_big')
    const tail = await fetch(url, { headers: { range: 'bytes=-22' } })
    expect(Number(tail.headers.get('content-range')!.split('/')[1])).toBeGreaterThan(size)
    const end = Buffer.from(await tail.arrayBuffer())
    expect(end.readUInt16LE(10)).toBe(2)
  })
})

describe('attachments', () => {
  it('go with their note when they are removed', async () => {
    tenant = await startTenant({ exportMs: 0, page: false })
    const app = await appOf(tenant)
    tenant.entries.removeAttachment('etr_8Qk2RmZa', 'efl_C0nstrGb')
    await app.get('/entries/etr_8Qk2RmZa/external-files/efl_C0nstrGb', 404)
    const { days } = (await app.get('/entries/etr_8Qk2RmZa')).json.entry
    expect(JSON.stringify(days)).not.toContain('efl_C0nstrGb')
  })
})
