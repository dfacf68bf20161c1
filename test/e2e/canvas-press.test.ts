import type { Browser, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { TITRATION_ID } from '../../src/simulator/samples/people.ts'
import { openBrowser, openPage, type WatchedPage } from './browser.ts'
import { BUTTON, CanvasOnPage } from './canvas-on-page.ts'
import { type Lab, openLab } from './lab.ts'

let browser: Browser
let lab: Lab
let open: WatchedPage[]

beforeAll(async () => {
  browser = await openBrowser()
})
afterAll(() => browser?.close())
beforeEach(async () => {
  open = []
  lab = await openLab({ small: true })
  await lab.tenant.insertCanvas(TITRATION_ID)
  await lab.service.idle()
})
afterEach(async () => {
  const complaints = open.flatMap(({ complaints }) => [...complaints])
  for (const one of open) await one.close()
  await lab.close()
  expect(complaints, 'errors, CSP violations, requests that leave loopback').toEqual([])
})

/** Somebody else's browser each time. */
const look = async (): Promise<Page> => {
  const watched = await openPage(browser, `${lab.url}#entry=${TITRATION_ID}`)
  open.push(watched)
  return watched.page
}
const runs = () => lab.service.history.runs({ limit: 100, key: `entry:${TITRATION_ID}` })
const record = async () => {
  const subject = await lab.service.subjects.get(`entry:${TITRATION_ID}`)
  if (!subject) throw new Error('the entry has no record')
  return subject
}
/** How many runs came after these, once nothing is wanted any more. */
const runsSince = async (before: { readonly runs: number; readonly wanted: number }): Promise<number> => {
  await expect.poll(async () => (await record()).wanted, { timeout: 20_000 }).toBe(before.wanted + 2)
  await expect.poll(async () => (await record()).done - (await record()).wanted, { timeout: 20_000 }).toBe(0)
  return (await runs()).length - before.runs
}

/** Before anything can come back: a canvas that shows the first press's run offers no second one. */
const pressAllAtOnce = (page: Page, name: string): Promise<number> =>
  page.evaluate((text) => {
    type Button = { readonly textContent: string; click(): void }
    const { document } = globalThis as unknown as {
      document: { querySelectorAll(selector: string): Iterable<Button> }
    }
    const buttons = [...document.querySelectorAll('.canvas button')].filter(
      ({ textContent }) => textContent.trim() === text,
    )
    for (const button of buttons) button.click()
    return buttons.length
  }, name)

describe('Update package', () => {
  it('pressed again as soon as it can be, within five seconds, is done twice or once for both', async () => {
    const canvas = new CanvasOnPage(await look())
    await canvas.packaged()
    const before = { runs: (await runs()).length, wanted: (await record()).wanted }
    const began = Date.now()
    await canvas.press(BUTTON.update)
    await expect.poll(async () => (await record()).wanted).toBe(before.wanted + 1)
    await canvas.offers(BUTTON.update)
    await canvas.press(BUTTON.update)
    expect(Date.now() - began).toBeLessThan(5_000)
    expect([1, 2]).toContain(await runsSince(before))
    await canvas.packaged()
    await canvas.offers(BUTTON.update)
  })

  it('pressed on two canvases of the entry at the same time is done twice or once for both', async () => {
    await lab.tenant.insertCanvas(TITRATION_ID)
    await lab.service.idle()
    const page = await look()
    const canvases = [new CanvasOnPage(page, 0), new CanvasOnPage(page, 1)]
    for (const canvas of canvases) await canvas.packaged()
    const before = { runs: (await runs()).length, wanted: (await record()).wanted }
    expect(await pressAllAtOnce(page, BUTTON.update)).toBe(2)
    expect([1, 2]).toContain(await runsSince(before))
    for (const canvas of canvases) {
      await canvas.packaged()
      await canvas.offers(BUTTON.update)
    }
  })
})

describe('an export that fails', () => {
  it('is told with its reason, and Retry makes the package once it can be exported', async () => {
    const page = await look()
    const canvas = new CanvasOnPage(page)
    await canvas.packaged()
    const fault = page.getByRole('button', { name: 'failed export' })
    await fault.click()
    await expect.poll(() => fault.getAttribute('aria-pressed')).toBe('true')
    await canvas.press(BUTTON.update)
    await canvas.says(/Benchling could not make the export/)
    await canvas.says(/Still there:/)
    await canvas.offers(BUTTON.retry)
    await fault.click()
    await expect.poll(() => fault.getAttribute('aria-pressed')).toBe('false')
    await canvas.press(BUTTON.retry)
    await canvas.packaged()
    await expect.poll(() => canvas.button(BUTTON.retry).count()).toBe(0)
  })
})

describe('two people with the same entry open', () => {
  it('one presses: the other sees that the canvas waits, then the same new screen', async () => {
    const [jane, tom] = [new CanvasOnPage(await look()), new CanvasOnPage(await look())]
    for (const canvas of [jane, tom]) await canvas.packaged()
    lab.tenant.faults.set('server-errors', true)
    await jane.press(BUTTON.files)
    await tom.region.and(tom.page.locator('[aria-busy="true"]')).waitFor()
    expect(await tom.button(BUTTON.update).getAttribute('aria-disabled')).toBe('true')
    lab.tenant.faults.set('server-errors', false)
    for (const canvas of [jane, tom]) {
      await canvas.shows('Files')
      await canvas.says('entry.json')
    }
    await tom.press(BUTTON.back)
    for (const canvas of [jane, tom]) await canvas.packaged()
  })
})
