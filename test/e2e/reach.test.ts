import type { Browser, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { openBrowser, openPage, type WatchedPage } from './browser.ts'
import { type Lab, openLab } from './lab.ts'
import { canvasOn, sticksOut } from './stage.ts'

let browser: Browser
let lab: Lab
let watched: WatchedPage
let page: Page

beforeAll(async () => {
  browser = await openBrowser()
  lab = await openLab()
  await lab.announce()
  await lab.service.idle()
})
afterAll(async () => {
  await lab?.close()
  await browser?.close()
})

const open = async (options: Parameters<typeof openPage>[2] = {}, hash = '') => {
  watched = await openPage(browser, lab.url + hash, options)
  page = watched.page
  await page.getByText('verified ✓').waitFor()
}
afterEach(async () => {
  const complaints = [...watched.complaints]
  await watched.close()
  expect(complaints, 'errors, CSP violations, requests that leave loopback').toEqual([])
})

const focused = () => page.locator(':focus')
/** Presses Tab until something of this name has the focus. */
const tabTo = async (name: RegExp): Promise<void> => {
  for (let presses = 0; presses < 120; presses++) {
    await page.keyboard.press('Tab')
    const element = focused()
    if ((await element.count()) === 0) continue
    const said = `${(await element.getAttribute('aria-label')) ?? ''} ${(await element.textContent()) ?? ''}`
    if (name.test(said)) return
  }
  throw new Error(`Tab never reached ${name}`)
}

describe('with the keyboard alone', () => {
  it('the first Tab offers to skip to the entry', async () => {
    await open()
    await page.keyboard.press('Tab')
    expect(await focused().textContent()).toBe('Skip to the entry')
    await page.keyboard.press('Enter')
    expect(await focused().getAttribute('id')).toBe('entry')
  })

  it('an entry is chosen, a file is viewed, and Escape gives the focus back', async () => {
    await open()
    await tabTo(/EXP25000086/)
    await page.keyboard.press('Enter')
    await page.getByRole('heading', { name: 'benchling/EXP25000086' }).waitFor()
    await tabTo(/^View README\.md/)
    await page.keyboard.press('Enter')
    const dialog = page.getByRole('dialog', { name: 'README.md' })
    await dialog.getByRole('heading', { name: 'Overview' }).waitFor()
    expect(await dialog.locator(':focus').count(), 'the focus is in the dialog').toBe(1)
    await page.keyboard.press('Escape')
    await expect.poll(() => page.getByRole('dialog').count()).toBe(0)
    expect(await focused().getAttribute('aria-label')).toBe('View README.md')
  })

  it('Update package is pressed, and the focus is still there when the canvas comes back', async () => {
    await open({}, '#entry=etr_8Qk2RmZa')
    await tabTo(/Update package/)
    lab.tenant.faults.set('server-errors', true)
    await page.keyboard.press('Enter')
    const canvas = page.getByRole('region', { name: 'Canvas of benchling-webhook' })
    await canvas.getByText('Waiting for benchling-webhook …').waitFor()
    expect(await focused().textContent(), 'while it is locked').toContain('Update package')
    lab.tenant.faults.set('server-errors', false)
    await expect.poll(() => canvas.getAttribute('aria-busy'), { timeout: 20_000 }).toBe('false')
    await canvas.getByText('Packaged', { exact: true }).waitFor()
    expect((await focused().textContent())?.trim()).toBe('Update package')
  })

  it('whatever has the focus shows it', async () => {
    await open()
    let looked = 0
    for (let presses = 0; presses < 60; presses++) {
      await page.keyboard.press('Tab')
      if ((await focused().count()) === 0) continue
      looked++
      const shows = await focused().evaluate((element) => {
        const look = (of: unknown) =>
          (
            globalThis as unknown as { getComputedStyle(e: unknown): Record<string, string> }
          ).getComputedStyle(of)
        const around = element as unknown as { parentElement: unknown; closest(s: string): unknown }
        const outlined = [element, around.closest('label')].some((e) => e && look(e).outlineStyle !== 'none')
        return outlined || look(around.parentElement).boxShadow !== 'none'
      })
      expect(
        shows,
        await focused().evaluate((element) => String((element as { outerHTML?: string }).outerHTML)),
      ).toBe(true)
    }
    expect(looked).toBeGreaterThan(40)
  })
})

describe('every control', () => {
  it('has a name for those who cannot see it', async () => {
    await open()
    await page.getByRole('button', { name: /^plate-03\.png/ }).click()
    await page.getByRole('dialog').waitFor()
    const nameless = await page.evaluate(() => {
      type Control = {
        readonly textContent: string
        readonly outerHTML: string
        readonly labels?: Iterable<{ textContent: string }>
        getAttribute(name: string): string | null
      }
      const { document } = globalThis as unknown as {
        document: {
          querySelectorAll(s: string): Iterable<Control>
          getElementById(id: string): Control | null
        }
      }
      const nameOf = (control: Control): string =>
        control.getAttribute('aria-label') ??
        document.getElementById(control.getAttribute('aria-labelledby') ?? '')?.textContent ??
        [...(control.labels ?? [])].map((label) => label.textContent).join('')
      const controls = [
        ...document.querySelectorAll(
          'button, a, input, textarea, select, [tabindex="0"], dialog, iframe, progress',
        ),
      ]
      if (controls.length < 40) throw new Error(`only ${controls.length} controls were looked at`)
      return controls
        .filter((control) => !(nameOf(control) || control.textContent).trim())
        .map((control) => control.outerHTML)
    })
    expect(nameless).toEqual([])
  })
})

describe.each([
  { width: 390, height: 844, colorScheme: 'light' as const },
  { width: 390, height: 844, colorScheme: 'dark' as const },
  { width: 820, height: 1180, colorScheme: 'light' as const },
  { width: 1280, height: 720, colorScheme: 'dark' as const },
])('in a $colorScheme window of $width × $height', ({ width, height, colorScheme }) => {
  it.each(['etr_8Qk2RmZa', 'etr_3VnPq7Lw', 'etr_b5TyH0Xc'])('nothing of %s sticks out', async (entryId) => {
    await open({ viewport: { width, height }, colorScheme }, `#entry=${entryId}`)
    expect(await sticksOut(page)).toBe(0)
    await page.getByRole('button', { name: 'View entry_data.json' }).click()
    await page.getByRole('dialog').locator('pre').waitFor()
    expect(await sticksOut(page)).toBe(0)
    const box = await page.getByRole('dialog').boundingBox()
    expect(box?.x).toBeGreaterThanOrEqual(0)
    expect((box?.x ?? 0) + (box?.width ?? 0)).toBeLessThanOrEqual(width)
  })

  it('the ground is what the colour scheme asks for', async () => {
    await open({ viewport: { width, height }, colorScheme })
    const ground = await page.evaluate(() => {
      const world = globalThis as unknown as {
        document: { documentElement: unknown }
        getComputedStyle(e: unknown): { backgroundColor: string }
      }
      return world.getComputedStyle(world.document.documentElement).backgroundColor
    })
    const [red = 0] = (/\d+/.exec(ground) ?? []).map(Number)
    expect(red > 128 ? 'light' : 'dark').toBe(colorScheme)
  })
})

describe('the timeline', () => {
  it('follows its end in a box of its own, so that faults and package stay in reach', async () => {
    await open({}, '#entry=etr_8Qk2RmZa')
    const box = page.getByRole('region', { name: 'What is happening' })
    const toEnd = () =>
      box.evaluate((element) => {
        const { scrollHeight, scrollTop, clientHeight } = element as unknown as Record<string, number>
        return Math.round((scrollHeight ?? 0) - (scrollTop ?? 0) - (clientHeight ?? 0))
      })
    expect(await toEnd()).toBeLessThanOrEqual(1)
    const fault = await page.getByRole('button', { name: 'failed export' }).boundingBox()
    const pack = await page.locator('#package').boundingBox()
    expect((fault?.y ?? 0) + (fault?.height ?? 0)).toBeLessThan(pack?.y ?? 0)
    expect((pack?.y ?? 0) + (pack?.height ?? 0)).toBeLessThanOrEqual(940)
  })
})

describe.each([
  { width: 390, height: 844, folded: true },
  { width: 820, height: 1180, folded: true },
  { width: 1280, height: 720, folded: false },
])('the faults in a window of $width × $height', ({ width, height, folded }) => {
  it('are switched while the canvas stays in view', async () => {
    await open({ viewport: { width, height } }, '#entry=etr_8Qk2RmZa')
    const update = canvasOn(page).getByRole('button', { name: 'Update package' })
    await update.evaluate((element) =>
      (element as unknown as { scrollIntoView(o: object): void }).scrollIntoView({ block: 'center' }),
    )
    const where = async () => (await update.boundingBox())?.y ?? -1
    const before = await where()
    const fold = page.getByRole('button', { name: /^Faults/ })
    expect(await fold.isVisible()).toBe(folded)
    if (folded) {
      await fold.click()
      await expect.poll(() => fold.getAttribute('aria-expanded')).toBe('true')
    }
    const fault = page.getByRole('button', { name: 'slow canvas' })
    await fault.click()
    await expect.poll(() => fault.getAttribute('aria-pressed')).toBe('true')
    const bar = await page.locator('.faults-bar').boundingBox()
    expect(await where(), 'the canvas stays where it was').toBe(before)
    expect(before).toBeGreaterThan(0)
    if (folded) expect(before, 'the bar does not cover the button').toBeLessThan((bar?.y ?? 0) - 30)
    await page.getByRole('button', { name: 'Switch all off' }).click()
    await expect.poll(() => fault.getAttribute('aria-pressed')).toBe('false')
    expect(lab.tenant.faults.isOn('slow-canvas')).toBe(false)
  })
})

describe('a link to a file of a package', () => {
  const current = async () => (await page.locator('.hash code').getAttribute('title')) ?? ''
  const link = (key: string, revision: string) =>
    `#package=benchling%2FEXP25000088&revision=${revision}&file=${encodeURIComponent(key)}`
  /** As a link of the canvas does, from whatever is open. */
  const follow = (hash: string) =>
    page.evaluate((to) => {
      const { location } = globalThis as unknown as { location: { hash: string } }
      location.hash = to
    }, hash)

  it('opens the file, from another entry too, and after it the address names the package', async () => {
    await open({}, '#entry=etr_8Qk2RmZa')
    const revision = await current()
    await page.getByRole('navigation').getByRole('button', { name: 'EXP25000086' }).click()
    await page.getByRole('heading', { name: 'benchling/EXP25000086' }).waitFor()
    await follow(link('tables/kinetics.csv', revision))
    const viewer = page.getByRole('dialog', { name: 'tables/kinetics.csv' })
    await viewer.getByRole('columnheader', { name: 'Conc. (µM)' }).waitFor()
    expect(await viewer.locator(':focus').count(), 'the keyboard is in the viewer').toBe(1)
    await page.keyboard.press('Escape')
    await expect.poll(() => page.getByRole('dialog').count()).toBe(0)
    expect(new URL(page.url()).hash).toBe(`#package=benchling%2FEXP25000088&revision=${revision}`)
    await page.getByRole('heading', { name: 'benchling/EXP25000088' }).waitFor()
  })

  it('opens it in a new window, and says when there is no such file', async () => {
    await open({}, '#entry=etr_8Qk2RmZa')
    const revision = await current()
    await watched.close()
    await open({}, link('README.md', revision))
    await page.getByRole('dialog', { name: 'README.md' }).getByRole('heading', { name: 'Overview' }).waitFor()
    await page.keyboard.press('Escape')
    await follow(link('no such file.txt', revision))
    await page.getByText('The package benchling/EXP25000088 has no file no such file.txt.').waitFor()
    expect(await page.getByRole('dialog').count()).toBe(0)
  })
})
