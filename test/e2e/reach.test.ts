import type { Browser, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { openBrowser, openPage, type WatchedPage } from './browser.ts'
import { type Lab, openLab } from './lab.ts'

/** What the page's own world has; these tests run in Node, which knows no such types. */
type Shown = { readonly scrollWidth: number; readonly clientWidth: number }

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
    const widths = () =>
      page.evaluate(() => {
        const { document } = globalThis as unknown as { document: { documentElement: Shown } }
        return [document.documentElement.scrollWidth, document.documentElement.clientWidth] as const
      })
    const [content, shown] = await widths()
    expect(content).toBeLessThanOrEqual(shown)
    await page.getByRole('button', { name: 'View entry_data.json' }).click()
    await page.getByRole('dialog').locator('pre').waitFor()
    const [behind, still] = await widths()
    expect(behind).toBeLessThanOrEqual(still)
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
