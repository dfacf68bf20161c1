import type { Browser, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { openBrowser, openPage, type WatchedPage } from './browser.ts'
import { button, canvasOn, markdown, openStage, type Stage } from './stage.ts'

let browser: Browser
let stage: Stage
let watched: WatchedPage
let page: Page

beforeAll(async () => {
  browser = await openBrowser()
  stage = await openStage()
})
afterAll(async () => {
  await stage?.close()
  await browser?.close()
})
const open = async (hash = '') => {
  watched = await openPage(browser, stage.url + hash)
  page = watched.page
}
afterEach(async () => {
  const complaints = [...watched.complaints]
  await watched.close()
  expect(complaints, 'errors, CSP violations, requests that leave loopback').toEqual([])
})

/** As the app does when it is told that a place wants a canvas. */
const create = (place: Record<string, unknown>, words: string) =>
  stage.tenant.canvases.create({
    appId: stage.tenant.credentials.appId,
    featureId: String(place.featureId),
    resourceId: String(place.resourceId),
    blocks: [markdown('title', words), button('show', 'Refresh')],
    enabled: true,
  })
const choose = (name: string) => page.getByRole('navigation').getByRole('button', { name }).click()

describe('a place outside of entries', () => {
  it('waits until the app has created its canvas, which works as any other', async () => {
    await open()
    const before = stage.app.received.length
    await choose('App home')
    await page.getByRole('heading', { name: 'App home' }).waitFor()
    await page.getByText('Waiting for benchling-webhook …').waitFor()
    const asked = await stage.told(before + 1)
    expect(asked.type).toBe('v2.canvas.initialized')
    const canvas = create(asked, '## The last packages')
    await canvasOn(page).getByText('The last packages').waitFor()
    await canvasOn(page).getByRole('button', { name: 'Refresh' }).click()
    expect(await stage.told(before + 2)).toMatchObject({ buttonId: 'show', canvasId: canvas.id })
    await canvasOn(page).getByText('Waiting for benchling-webhook …').waitFor()
    stage.tenant.canvases.change(canvas.id, { blocks: [markdown('title', '## Drawn anew')], enabled: true })
    await canvasOn(page).getByText('Drawn anew').waitFor()
    const lines = page.getByRole('region', { name: 'What is happening' }).getByRole('listitem')
    await expect.poll(() => lines.count()).toBe(2)
    expect(await lines.first().textContent()).toContain('Delivery v2.canvas.initialized')

    await choose('EXP25000088')
    await page.getByRole('textbox', { name: 'Name of the entry' }).waitFor()
    await choose('App home')
    await canvasOn(page).getByText('Drawn anew').waitFor()
    expect(stage.app.received.length, 'a canvas that is there is not asked for').toBe(before + 2)
  })

  it('is in the address, can be asked for again, and a run can be followed by another', async () => {
    const before = stage.app.received.length
    await open('#place=run')
    await stage.told(before + 1)
    await page.getByRole('button', { name: 'Ask again' }).click()
    const asked = await stage.told(before + 2)
    create(asked, '## The first run')
    await canvasOn(page).getByText('The first run').waitFor()
    await page.getByRole('button', { name: 'Start another run' }).click()
    const other = await stage.told(before + 3)
    expect(other.resourceId).not.toBe(asked.resourceId)
    await expect.poll(() => canvasOn(page).count()).toBe(0)
    create(other, '## The second run')
    await canvasOn(page).getByText('The second run').waitFor()
  })
})
