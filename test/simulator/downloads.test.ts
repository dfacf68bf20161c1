import { request } from 'node:http'
import { afterEach, describe, expect, it } from 'vitest'
import { bufferSource } from '../../src/simulator/archive/byte-source.ts'
import { HOSTILE_NAMES } from '../../src/simulator/archive/hostile-archive.ts'
import { startTenant, type Tenant, type TenantOptions } from '../../src/simulator/tenant.ts'
import { FakeClock } from '../support/clock.ts'
import { appOf } from './support/app.ts'
import { unzip } from './support/zip.ts'

const ENTRY = 'etr_8Qk2RmZa'
let tenant: Tenant
afterEach(() => tenant.close())
const setUp = async (options: TenantOptions = {}) => {
  tenant = await startTenant({ exportMs: 0, page: false, ...options })
  return { app: await appOf(tenant), url: tenant.url }
}
const bytesOf = async (url: string, headers: Record<string, string> = {}) => {
  const answer = await fetch(url, { headers })
  return { answer, bytes: Buffer.from(await answer.arrayBuffer()) }
}
const statusOf = (url: string, method: string): Promise<number> =>
  new Promise((resolve, reject) => {
    request(url, { method }, (response) => {
      response.resume()
      resolve(response.statusCode!)
    })
      .on('error', reject)
      .end()
  })

describe('an export', () => {
  it('is a task that runs for its time and then has an address', async () => {
    const clock = new FakeClock()
    const { app } = await setUp({ clock, exportMs: [1_000, 3_000] })
    const { taskId } = (await app.post('/exports', { id: ENTRY }, 202)).json
    expect((await app.get(`/tasks/${taskId}`, 200)).json).toEqual({ status: 'RUNNING' })
    await clock.advance(3_000)
    for (;;) {
      const { json } = await app.get(`/tasks/${taskId}`, 200)
      if (json.status === 'RUNNING') continue
      expect(json.response.downloadURL).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/download\/.*X-Amz-Expires=86400/)
      return
    }
  })

  it('holds the PDF under its observed name, and every scanned attachment', async () => {
    const { app } = await setUp()
    tenant.entries.setScanned(ENTRY, 'efl_RawRate5', false)
    const { bytes } = await bytesOf(await app.exportOf(ENTRY))
    const members = await unzip(bytes)
    expect(members.map(({ name }) => name)).toEqual([
      `Titration of QB-2743.1 2025-10-23 (${ENTRY}).pdf`,
      'protocol.pdf',
      'construct.gb',
      'plate-03.png',
    ])
    expect(members[0]!.bytes.subarray(0, 5).toString()).toBe('%PDF-')
    const left = await app.get(`/entries/${ENTRY}/external-files/efl_RawRate5`, 200)
    const file = await bytesOf(left.json.externalFile.downloadURL)
    expect(file.bytes.length).toBe(left.json.externalFile.size)
    expect(file.answer.headers.get('content-disposition')).toContain('filename="rates.csv"')
  })

  it('differs from one run to the next, as the PDF carries its creation time', async () => {
    const clock = new FakeClock()
    const { app } = await setUp({ clock })
    const [one] = await unzip((await bytesOf(await app.exportOf(ENTRY))).bytes)
    await clock.advance(60_000)
    const [two] = await unzip((await bytesOf(await app.exportOf(ENTRY))).bytes)
    expect(one!.name).toBe(two!.name)
    expect(one!.bytes.equals(two!.bytes)).toBe(false)
  })

  it('shows the entry as it is when the export ends', async () => {
    const clock = new FakeClock()
    const { app } = await setUp({ clock, exportMs: 2_000 })
    const { taskId } = (await app.post('/exports', { id: ENTRY }, 202)).json
    tenant.entries.addAttachment(ENTRY, { name: 'late.txt', content: bufferSource(Buffer.from('late')) })
    await clock.advance(2_000)
    let url: string | undefined
    while (!url) url = (await app.get(`/tasks/${taskId}`)).json.response?.downloadURL
    expect((await unzip((await bytesOf(url)).bytes)).map(({ name }) => name)).toContain('late.txt')
  })

  it('is refused for an item that does not exist, and unknown tasks are 404', async () => {
    const { app } = await setUp()
    await app.post('/exports', { id: 'etr_nothing1' }, 400)
    await app.post('/exports', { id: ENTRY, surprise: true }, 400)
    await app.get('/tasks/3f152353-7593-48bc-8049-962890d1be84', 404)
  })

  it('serves the bytes an entry was given instead, unchanged', async () => {
    const { app } = await setUp({
      entries: [{ id: 'etr_raw', name: 'Raw', archiveBytes: bufferSource(Buffer.from('PK?')) }],
    })
    expect((await bytesOf(await app.exportOf('etr_raw'))).bytes.toString()).toBe('PK?')
  })
})

describe('the download host', () => {
  it('honours ranges from the start, the middle and the end', async () => {
    const { app } = await setUp()
    const url = await app.exportOf(ENTRY)
    const { answer, bytes } = await bytesOf(url)
    const size = bytes.length
    expect(answer.headers.get('accept-ranges')).toBe('bytes')
    for (const [range, from, to] of [
      ['bytes=0-0', 0, 1],
      ['bytes=100-199', 100, 200],
      [`bytes=${size - 10}-`, size - 10, size],
      ['bytes=-22', size - 22, size],
      [`bytes=10-${size * 2}`, 10, size],
      [`bytes=-${size * 2}`, 0, size],
    ] as const) {
      const part = await bytesOf(url, { range })
      expect(part.answer.status).toBe(206)
      expect(part.answer.headers.get('content-range')).toBe(`bytes ${from}-${to - 1}/${size}`)
      expect(part.answer.headers.get('etag')).toBe(answer.headers.get('etag'))
      expect(part.bytes.equals(bytes.subarray(from, to))).toBe(true)
    }
    const beyond = await bytesOf(url, { range: `bytes=${size}-` })
    expect([beyond.answer.status, beyond.answer.headers.get('content-range')]).toEqual([
      416,
      `bytes */${size}`,
    ])
    expect((await bytesOf(url, { range: 'bytes=0-1,4-5' })).answer.status).toBe(200)
  })

  it('refuses HEAD, a changed address, an expired one, and a bearer token', async () => {
    const clock = new FakeClock()
    const { app } = await setUp({ clock })
    const url = await app.exportOf(ENTRY)
    expect(await statusOf(url, 'HEAD')).toBe(403)
    for (const changed of [
      url.replace('X-Amz-Expires=86400', 'X-Amz-Expires=864000'),
      url.replace('.zip', '.zap'),
      url.replace(/X-Amz-Signature=../, 'X-Amz-Signature=00'),
      url.replace(/&X-Amz-Signature=.*/, ''),
    ]) {
      const { answer, bytes } = await bytesOf(changed)
      expect([answer.status, answer.headers.get('content-type')]).toEqual([403, 'application/xml'])
      expect(bytes.toString()).toContain('<Code>SignatureDoesNotMatch</Code>')
    }
    expect((await bytesOf(url, { authorization: 'Bearer x' })).answer.status).toBe(400)
    await clock.advance(86_400_000)
    const expired = await bytesOf(url)
    expect(expired.answer.status).toBe(403)
    expect(expired.bytes.toString()).toContain('Request has expired')
  })
})

describe('faults of exports and downloads', () => {
  it('hand out links that are expired already, and good ones after', async () => {
    const { app } = await setUp()
    tenant.faults.set('expired-links', 1)
    expect((await bytesOf(await app.exportOf(ENTRY))).answer.status).toBe(403)
    expect((await bytesOf(await app.exportOf(ENTRY))).answer.status).toBe(200)
  })

  it('ignore ranges', async () => {
    const { app } = await setUp()
    tenant.faults.set('no-ranges', true)
    const { answer, bytes } = await bytesOf(await app.exportOf(ENTRY), { range: 'bytes=0-9' })
    expect([answer.status, answer.headers.get('accept-ranges')]).toEqual([200, null])
    expect((await unzip(bytes)).length).toBe(5)
  })

  it('cut the archive', async () => {
    const { app } = await setUp()
    tenant.faults.set('truncated-archive', 1)
    await expect(unzip((await bytesOf(await app.exportOf(ENTRY))).bytes)).rejects.toThrow('central directory')
  })

  it('make two members claim the same bytes', async () => {
    const { app } = await setUp()
    tenant.faults.set('hostile-archive', 1)
    const { bytes } = await bytesOf(await app.exportOf(ENTRY))
    const offsets = []
    for (let at = bytes.indexOf('PK\u0001\u0002'); at >= 0; at = bytes.indexOf('PK\u0001\u0002', at + 4))
      offsets.push(bytes.readUInt32LE(at + 42))
    expect(offsets.filter((offset) => offset === 0)).toHaveLength(2)
  })

  it('add members with hostile names', async () => {
    const { app } = await setUp()
    tenant.faults.set('hostile-names', 1)
    const names = (await unzip((await bytesOf(await app.exportOf(ENTRY))).bytes)).map(({ name }) => name)
    expect(names).toEqual(expect.arrayContaining([...HOSTILE_NAMES]))
  })

  it('change the validator between two requests', async () => {
    const { app } = await setUp()
    const url = await app.exportOf(ENTRY)
    const before = (await bytesOf(url)).answer.headers.get('etag')
    tenant.faults.set('changed-archive', 1)
    expect((await bytesOf(url)).answer.headers.get('etag')).not.toBe(before)
    expect((await bytesOf(url)).answer.headers.get('etag')).toBe(before)
  })

  it('break the connection half way', async () => {
    const { app } = await setUp()
    const url = await app.exportOf(ENTRY)
    tenant.faults.set('dropped-connections', 1)
    await expect(bytesOf(url)).rejects.toThrow()
    expect((await bytesOf(url)).answer.status).toBe(200)
  })

  it('make exports slow or end as failed', async () => {
    const clock = new FakeClock()
    const { app } = await setUp({ clock })
    tenant.faults.set('slow-export', 1)
    const { taskId } = (await app.post('/exports', { id: ENTRY }, 202)).json
    await clock.advance(59_000)
    expect((await app.get(`/tasks/${taskId}`)).json.status).toBe('RUNNING')
    tenant.faults.set('failed-export', 1)
    await clock.advance(1_000)
    const { json } = await app.get(`/tasks/${taskId}`, 200)
    expect(json).toEqual({ status: 'FAILED', message: expect.stringContaining('could not be exported') })
  })
})

describe('faults of the API', () => {
  it('refuse with 429, with 5xx, or break the connection, as often as they are told', async () => {
    const { app } = await setUp()
    const path = `/apps/${tenant.credentials.appId}`
    tenant.faults.set('rate-limited', 2)
    const { headers } = await app.get(path, 429)
    expect(headers.get('x-rate-limit-remaining')).toBe('0')
    await app.get(path, 429)
    await app.get(path, 200)
    tenant.faults.set('dropped-connections', 1)
    await expect(app.get(path)).rejects.toThrow()
    await app.get(path, 200)
    tenant.faults.set('server-errors', true)
    const statuses = new Set<number>()
    for (let i = 0; i < 40; i++) statuses.add((await fetch(`${tenant.url}/api/v2${path}`)).status)
    expect([...statuses].sort()).toEqual([500, 502, 503, 504])
    tenant.faults.clear()
    await app.get(path, 200)
  })
})
