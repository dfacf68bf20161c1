import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { sampleEntries } from '../../src/simulator/samples/index.ts'
import { TITRATION_ID } from '../../src/simulator/samples/people.ts'
import { startTenant, type Tenant } from '../../src/simulator/tenant.ts'
import { readRecords } from '../chaos/read-records.ts'
import { ServiceProcess } from '../chaos/service-process.ts'
import { openBrowser, openPage } from './browser.ts'
import { BUTTON, CanvasOnPage } from './canvas-on-page.ts'

/** A click that a crash killed is repaired within so long after the service is back. */
const REPAIRED_WITHIN_MS = 30_000

let dir: string
let tenant: Tenant
/** Called at the next attempt to draw a canvas, which gets no answer. */
let beforeDrawing: (() => void) | null

beforeEach(async () => {
  beforeDrawing = null
  dir = await mkdtemp(join(tmpdir(), 'canvas-crash-'))
  tenant = await startTenant({
    exportMs: 0,
    entries: (await sampleEntries()).filter(({ id }) => id === TITRATION_ID),
    intercept: ({ method, url }) => {
      if (method !== 'PATCH' || !url?.includes('/app-canvases/') || !beforeDrawing) return false
      beforeDrawing()
      return true
    },
  })
})
afterEach(async () => {
  await tenant.close()
  await rm(dir, { recursive: true, force: true })
})

/** The service as it runs in production, on the same records every time. */
const start = async (): Promise<ServiceProcess> => {
  const service = new ServiceProcess({ tenant, dir, port: 0, skipMs: 0 })
  if (!(await service.listening)) throw new Error(`no service: ${service.complaints.join('\n')}`)
  const line = service.log.find((line) => line.includes('"msg":"listening"')) ?? '{}'
  tenant.webhookUrl = (JSON.parse(line) as { at: string }).at
  return service
}

const packagings = () => readRecords(dir).runs.filter(({ key }) => key === `entry:${TITRATION_ID}`).length

it('a click during which the service is killed is answered by the next one, and every button works again', async () => {
  const browser = await openBrowser()
  await using first = await start()
  await tenant.insertCanvas(TITRATION_ID)
  const { page, complaints } = await openPage(browser, `${tenant.url}#entry=${TITRATION_ID}`)
  try {
    const canvas = new CanvasOnPage(page)
    await canvas.packaged()

    const drawing = new Promise<void>((resolve) => {
      beforeDrawing = resolve
    })
    await canvas.press(BUTTON.files)
    await drawing
    expect(await first.kill()).toBe(null)
    beforeDrawing = null
    expect(await canvas.region.getAttribute('aria-busy')).toBe('true')

    await using second = await start()
    const began = Date.now()
    await canvas.shows('Files')
    expect(Date.now() - began).toBeLessThan(REPAIRED_WITHIN_MS)
    await canvas.says('entry.json')
    await canvas.press(BUTTON.back)
    await canvas.packaged()
    await canvas.press(BUTTON.update)
    await expect.poll(packagings, { timeout: 20_000 }).toBe(2)
    await canvas.packaged()
    await canvas.offers(BUTTON.update)
    expect(await second.stop()).toBe(0)
    expect([...first.complaints, ...second.complaints]).toEqual([])
    expect(complaints, 'errors, CSP violations, requests that leave loopback').toEqual([])
  } finally {
    await browser.close()
  }
})
