import type { Browser } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { TITRATION_ID } from '../../src/simulator/samples/people.ts'
import { openBrowser, openPage, type WatchedPage } from './browser.ts'
import { BUTTON, CanvasOnPage } from './canvas-on-page.ts'
import { type Lab, openLab } from './lab.ts'
import { MANY_FOLDER, MANY_ID, manyFilesEntry, nameOfFile } from './many-files.ts'

const FILES = 10_000
const ANALYSIS = 'analysis/kinetics-fit'

let browser: Browser
let lab: Lab
let watched: WatchedPage
let canvas: CanvasOnPage

beforeAll(async () => {
  browser = await openBrowser()
  lab = await openLab({
    small: true,
    // The only worker is busy with one export while the other entry waits its turn.
    workers: 1,
    exportMs: 1_500,
    entries: [await manyFilesEntry(FILES)],
    linked: { [ANALYSIS]: 'EXP25000088' },
  })
})
afterAll(async () => {
  await lab?.close()
  await browser?.close()
})

const open = async (entryId: string, nth = 0) => {
  watched = await openPage(browser, `${lab.url}#entry=${entryId}`)
  canvas = new CanvasOnPage(watched.page, nth)
  await watched.page.getByRole('textbox', { name: 'Name of the entry' }).waitFor()
}
afterEach(async () => {
  const complaints = [...watched.complaints]
  await watched.close()
  expect(complaints, 'errors, CSP violations, requests that leave loopback').toEqual([])
})

describe('a canvas that is inserted into an entry of 10,000 files', () => {
  it('is queued, exporting, uploading and packaged, and says so all the time', async () => {
    await lab.tenant.created(TITRATION_ID)
    await open(MANY_ID)
    await watched.page.getByRole('button', { name: 'Insert canvas' }).click()
    await canvas.says('Queued')
    await canvas.says('Exporting')
    expect(await canvas.button(BUTTON.update).getAttribute('aria-disabled')).toBe('true')
    await canvas.says(/Uploading/)
    await canvas.packaged()
    await canvas.says(/10,00\d files/)
    await canvas.offers(BUTTON.update)
  })

  it('shows its files folder by folder, to the last page and back to the first', async () => {
    await open(MANY_ID)
    await canvas.press(BUTTON.files)
    await canvas.shows('Files')
    await canvas.press(BUTTON.folder(MANY_FOLDER))
    await canvas.says(nameOfFile(1))
    await canvas.says(/10,000 files/)
    expect(await canvas.button(BUTTON.previous).getAttribute('aria-disabled')).toBe('true')
    await canvas.press(BUTTON.next)
    await canvas.says(nameOfFile(16))
    await canvas.press(BUTTON.last)
    await canvas.says(nameOfFile(FILES))
    await canvas.enabled()
    expect(await canvas.button(BUTTON.next).getAttribute('aria-disabled')).toBe('true')
    await canvas.press(BUTTON.previous)
    await canvas.says(nameOfFile(FILES - 10 - 15 + 1))
    await canvas.press(BUTTON.first)
    await canvas.says(nameOfFile(1))
    await canvas.press(BUTTON.back)
    await canvas.packaged()
  })
})

describe('a canvas of a packaged entry', () => {
  beforeEach(async () => {
    // Each test has a canvas of its own, below those of the tests before it.
    await lab.tenant.insertCanvas(TITRATION_ID)
    const canvases = lab.tenant.canvases.list().filter(({ resourceId }) => resourceId === TITRATION_ID)
    await open(TITRATION_ID, canvases.length - 1)
    await canvas.packaged()
  })

  it('shows the metadata of its package, and comes back', async () => {
    await canvas.press(BUTTON.metadata)
    await canvas.shows('Metadata')
    await canvas.says(/EXP25000088/)
    await canvas.press(BUTTON.back)
    await canvas.packaged()
  })

  it('shows its revisions, and the files of an earlier one', async () => {
    const before = (await lab.service.history.runs({ limit: 100, key: `entry:${TITRATION_ID}` })).length
    await watched.page.getByLabel('Project').fill('Enzyme kinetics II')
    await watched.page.getByRole('button', { name: 'Save' }).click()
    await expect
      .poll(
        async () => (await lab.service.history.runs({ limit: 100, key: `entry:${TITRATION_ID}` })).length,
        { timeout: 30_000 },
      )
      .toBeGreaterThan(before)
    await canvas.packaged()
    await canvas.press(BUTTON.revisions)
    await canvas.shows('Revisions')
    await expect.poll(() => canvas.button(BUTTON.browse).count()).toBeGreaterThan(1)
    await canvas.says(/entry\.json/)
    await canvas.button(BUTTON.browse).nth(1).click()
    await canvas.shows('Files')
    await canvas.says(/There may be a newer one/)
    await canvas.says('entry.json')
    await canvas.press(BUTTON.back)
    await canvas.packaged()
  })

  it('opens a package that names the entry, its files and metadata, and comes back', async () => {
    await canvas.offers(`Browse ${ANALYSIS}`)
    await canvas.press(`Browse ${ANALYSIS}`)
    await canvas.shows('Files')
    await canvas.says(ANALYSIS)
    await canvas.says('notebook.ipynb')
    await canvas.press(BUTTON.metadata)
    await canvas.shows('Metadata')
    await canvas.says(/Michaelis/)
    await canvas.press(BUTTON.backToEntry)
    await canvas.packaged()
  })
})
