import type { Browser, Locator, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { openBrowser, openPage, type WatchedPage } from './browser.ts'
import { type Lab, openLab } from './lab.ts'

let browser: Browser
beforeAll(async () => {
  browser = await openBrowser()
})
afterAll(() => browser?.close())

let lab: Lab
let watched: WatchedPage
let page: Page
/** Complaints a test provokes on purpose. */
let provoked: RegExp | null
beforeEach(() => {
  provoked = null
})

const open = async (options: Parameters<typeof openPage>[2] = {}) => {
  watched = await openPage(browser, lab.url, options)
  page = watched.page
  await page.getByRole('textbox', { name: 'Name of the entry' }).waitFor()
}
afterEach(async () => {
  const complaints = watched.complaints.filter((complaint) => !provoked?.test(complaint))
  await watched.close()
  await lab.close()
  expect(complaints, 'errors, CSP violations, requests that leave loopback').toEqual([])
})

const choose = (displayId: string) =>
  page.getByRole('navigation').getByRole('button', { name: displayId }).click()
const canvas = (): Locator => page.getByRole('region', { name: 'Canvas of benchling-webhook' })
const update = (): Locator => canvas().getByRole('button', { name: 'Update package' })
const panel = (): Locator => page.locator('#package')
const shownHash = async (): Promise<string> =>
  (await panel().locator('.hash code').getAttribute('title')) ?? ''
const packaged = () => canvas().getByText('Packaged', { exact: true }).waitFor()
const happening = () => page.getByRole('region', { name: 'What is happening' })
const viewer = (name: string) => page.getByRole('dialog', { name })
/** Waits until the panel shows another revision than this one. */
const otherThan = (hash: string) => expect.poll(shownHash, { timeout: 20_000, interval: 100 }).not.toBe(hash)

describe('a newcomer', () => {
  beforeEach(async () => {
    lab = await openLab()
    await lab.announce()
    await open()
  })

  it('sees three entries, and the canvas of each becomes Packaged', async () => {
    const entries = page.getByRole('list', { name: 'Entries' }).getByRole('listitem')
    await expect.poll(() => entries.count()).toBe(3)
    for (const displayId of ['EXP25000088', 'EXP25000087', 'EXP25000086']) {
      await choose(displayId)
      await canvas().getByText(displayId, { exact: true }).waitFor()
      await packaged()
      await panel()
        .getByRole('heading', { name: `benchling/${displayId}` })
        .waitFor()
      await panel().getByText('verified ✓').waitFor()
    }
  })

  it('reads what happened in words, without the notes a run keeps for itself', async () => {
    await panel().getByText('verified ✓').waitFor()
    const lines = await happening().getByRole('listitem').allTextContents()
    const text = lines.join('\n')
    for (const words of [
      'Delivery v2.entry.created',
      'signature ok',
      '200',
      'Export finished',
      '5 files stored',
    ])
      expect(text).toContain(words)
    expect(text).toContain('1 request ·')
    expect(text).not.toMatch(/marks:|base|@\d|\b0 attachments|\bundefined\b|NaN/)
  })

  it('finds one of 2,000 files by its name', async () => {
    await choose('EXP25000087')
    await panel().getByRole('heading', { name: 'benchling/EXP25000087' }).waitFor()
    const listed = panel().getByRole('list', { name: 'Files' }).getByRole('button')
    await expect.poll(() => listed.count()).toBe(100)
    await page.getByRole('searchbox', { name: 'Find a file of the package' }).fill('c07_f3_gfp')
    await expect.poll(() => listed.count()).toBe(1)
    await listed.first().click()
    await viewer('plate-03_C07_f3_GFP.png').getByRole('img').waitFor()
    expect(
      await viewer('plate-03_C07_f3_GFP.png')
        .getByRole('img')
        .evaluate((image) => (image as unknown as { naturalWidth: number }).naturalWidth),
    ).toBeGreaterThan(0)
  })

  it('looks at a table, a picture, a text and a PDF without leaving the page', async () => {
    await panel().getByText('verified ✓').waitFor()
    const view = async (name: string) => {
      await panel()
        .getByRole('button', { name: `View ${name}` })
        .click()
      return viewer(name)
    }
    const close = () => page.getByRole('button', { name: 'Close' }).click()
    const csv = await view('tables/kinetics.csv')
    await csv.getByRole('columnheader', { name: 'Conc. (µM)' }).waitFor()
    expect(await csv.getByRole('row').count()).toBe(7)
    await close()
    await (await view('plate-03.png')).getByRole('img', { name: 'plate-03.png' }).waitFor()
    await close()
    await (await view('README.md')).getByRole('heading', { name: 'Overview' }).waitFor()
    await close()
    await (await view('protocol.pdf')).locator('iframe[title="protocol.pdf"]').waitFor()
    await close()
    expect(await page.getByRole('dialog').count()).toBe(0)
  })
})

describe('a scientist', () => {
  beforeEach(async () => {
    lab = await openLab({ small: true })
    await lab.announce()
    await lab.service.idle()
    await open()
    await panel().getByText('verified ✓').waitFor()
  })

  it('edits a field and saves, and the new revision appears without a reload', async () => {
    const before = await shownHash()
    await page.getByLabel('Project').fill('Enzyme kinetics II')
    await page.getByText('One change is not saved yet.').waitFor()
    await page.getByRole('button', { name: 'Save' }).click()
    await otherThan(before)
    await panel().getByText('2 revisions').waitFor()
    await happening().getByText('Delivery v2.entry.updated.fields').waitFor()
    await canvas()
      .getByText((await shownHash()).slice(0, 10))
      .waitFor()
    expect(await page.getByRole('region', { name: 'Unsaved changes' }).count()).toBe(0)
  })

  it('opens an earlier revision from a link and sees its own files', async () => {
    const first = await shownHash()
    await page.getByLabel('Project').fill('Enzyme kinetics II')
    await page.keyboard.press('Control+s')
    await otherThan(first)
    const second = await shownHash()
    await panel()
      .getByRole('link', { name: `Revision ${first.slice(0, 10)}` })
      .click()
    await panel().getByText('An earlier revision.').waitFor()
    await otherThan(second)
    expect(await shownHash()).toBe(first)
    await panel().getByRole('button', { name: 'View entry.json' }).click()
    const text = await viewer('entry.json').locator('pre').textContent()
    expect(text).toContain('Enzyme kinetics')
    expect(text).not.toContain('Enzyme kinetics II')
    await page.getByRole('button', { name: 'Close' }).click()
    await panel().getByRole('link', { name: 'Show the current one' }).click()
    await otherThan(first)
  })

  it('follows the canvas’ link to the package, from another entry and in a new window too', async () => {
    const address =
      (await canvas().getByRole('link', { name: 'benchling/EXP25000088' }).getAttribute('href')) ?? ''
    await canvas().getByRole('link', { name: 'benchling/EXP25000088' }).click()
    await expect.poll(() => panel().evaluate((element) => element.matches(':focus'))).toBe(true)
    await choose('EXP25000086')
    await panel().getByRole('heading', { name: 'benchling/EXP25000086' }).waitFor()
    const other = await openPage(browser, new URL(address, lab.url).href)
    await other.page.getByRole('heading', { name: 'benchling/EXP25000088' }).waitFor()
    expect(other.complaints).toEqual([])
    await other.close()
  })

  it('presses Update package, and the canvas stays locked until the app has drawn it again', async () => {
    lab.tenant.faults.set('server-errors', true)
    await update().click()
    await canvas().getByText('Waiting for benchling-webhook …').waitFor()
    expect(await canvas().getAttribute('aria-busy')).toBe('true')
    expect(await update().getAttribute('aria-disabled')).toBe('true')
    lab.tenant.faults.set('server-errors', false)
    await expect.poll(() => canvas().getAttribute('aria-busy'), { timeout: 20_000 }).toBe('false')
    await packaged()
    await expect.poll(() => update().getAttribute('aria-disabled')).toBe('false')
  })

  it('inserts a second canvas, which draws the same package', async () => {
    await page.getByRole('button', { name: 'Insert canvas' }).click()
    await expect.poll(() => canvas().count()).toBe(2)
    await canvas().nth(1).getByText('Packaged', { exact: true }).waitFor()
  })

  it('attaches a file, is told to press Update, and finds it in the package', async () => {
    const before = await shownHash()
    await page.getByLabel('Attach files').setInputFiles({
      name: 'notes of today.csv',
      mimeType: 'text/csv',
      buffer: Buffer.from('well,note\nA1,"clear, cold"\n'),
    })
    await page.getByRole('button', { name: /^notes of today\.csv/ }).waitFor()
    await update().click()
    await otherThan(before)
    await panel().getByRole('button', { name: 'View notes of today.csv' }).click()
    await viewer('notes of today.csv').getByRole('cell', { name: 'clear, cold' }).waitFor()
  })

  it('is told that edits of text cause no event', async () => {
    await page.getByRole('textbox', { name: 'Text' }).first().fill('Measured twice.')
    await page.keyboard.press('Control+s')
    await page.getByText('press “Update package” on the canvas').waitFor()
  })

  it('keeps unsaved changes of an entry while another is open', async () => {
    await page.getByLabel('Project').fill('half a thought')
    await choose('EXP25000086')
    await page.getByLabel('Projekt').waitFor()
    await page.getByRole('navigation').getByText('not saved').waitFor()
    await choose('EXP25000088')
    expect(await page.getByLabel('Project').inputValue()).toBe('half a thought')
    await page.getByRole('button', { name: 'Discard' }).click()
    await expect.poll(() => page.getByLabel('Project').inputValue()).toBe('Enzyme kinetics')
  })

  it('begins a new entry', async () => {
    await page.getByRole('button', { name: '+ New entry' }).click()
    await page
      .getByRole('textbox', { name: 'Name of the entry' })
      .fill('A name that is long '.repeat(12).trim())
    await page.keyboard.press('Control+s')
    await panel().getByRole('heading', { name: 'benchling/EXP25000089' }).waitFor()
  })
})

describe('while an export takes its time', () => {
  it('canvas and timeline say how far it is, and the button waits', async () => {
    lab = await openLab({ small: true, exportMs: 4_000 })
    await open()
    const announced = lab.announce()
    await canvas().getByText('Exporting', { exact: true }).waitFor()
    await happening().getByText('Benchling prepares the export').waitFor()
    expect(await update().getAttribute('aria-disabled')).toBe('true')
    await packaged()
    await expect.poll(() => update().getAttribute('aria-disabled')).toBe('false')
    await announced
  })
})

describe('when something breaks', () => {
  beforeEach(async () => {
    lab = await openLab({ small: true })
    await lab.announce()
    await lab.service.idle()
    await open()
    await panel().getByText('verified ✓').waitFor()
  })

  it('the canvas says why and offers Retry, which succeeds once the fault is off', async () => {
    const fault = page.getByRole('button', { name: 'damaged archive' })
    await fault.click()
    await expect.poll(() => fault.getAttribute('aria-pressed')).toBe('true')
    await update().click()
    await canvas().getByText('two files claim the same bytes').waitFor()
    await happening().getByText('two files claim the same bytes').waitFor()
    await canvas().getByText('Still there:').waitFor()
    const retry = canvas().getByRole('button', { name: 'Retry' })
    await retry.waitFor()
    await fault.click()
    await expect.poll(() => fault.getAttribute('aria-pressed')).toBe('false')
    await retry.click()
    await packaged()
    await expect.poll(() => retry.count()).toBe(0)
  })

  it('a delivery that nobody answers stands in the timeline, with when it is sent again', async () => {
    lab.tenant.webhookUrl = 'http://127.0.0.1:9'
    await page.getByLabel('Project').fill('Enzyme kinetics III')
    await page.getByRole('button', { name: 'Save' }).click()
    await happening()
      .getByText(/no answer · sent again at/)
      .waitFor()
  })

  it('the page says so when the simulator is gone', async () => {
    provoked = /net::ERR_/
    await lab.close()
    await page.getByRole('alert').getByText('The simulator does not answer.').waitFor()
    await page.getByText('not connected').waitFor()
  })
})
