import type { Browser, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { openBrowser, openPage, type WatchedPage } from './browser.ts'
import { button, canvasOn, markdown, openStage, type Stage, section, sticksOut } from './stage.ts'

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
const open = async (options: Parameters<typeof openPage>[2] = {}) => {
  watched = await openPage(browser, stage.url, options)
  page = watched.page
  await canvasOn(page).waitFor()
}
afterEach(async () => {
  const complaints = [...watched.complaints]
  await watched.close()
  expect(complaints, 'errors, CSP violations, requests that leave loopback').toEqual([])
})

const INPUT = { type: 'TEXT_INPUT', id: 'query', label: 'Display id', placeholder: 'EXP…', value: null }
const SEARCH = section('search', INPUT, button('go', 'Search'))
const EVERYTHING = [
  markdown('title', '## Files\n\n* Package: **lab/x**\n\n> ℹ️ A notice\n\n1. one\n   * nested\n\n---\n*end*'),
  SEARCH,
  section(
    'folders',
    ...Array.from({ length: 15 }, (_, at) =>
      button(`f${at}`, `📁 ${at % 4 === 0 ? 'a_name_nobody_can_break_'.repeat(6) : `folder ${at}`}`),
    ),
  ),
  section(
    'pages',
    ...['« First', '‹ Previous', 'Next ›', 'Last »'].map((text, at) => button(`p${at}`, text, at > 1)),
  ),
  { type: 'SELECTOR_INPUT', id: 'format', label: 'Format', value: 'pdf', options: ['pdf', 'html'] },
  { type: 'SELECTOR_INPUT_MULTIVALUE', id: 'formats', value: ['pdf'], options: ['pdf', 'html'] },
  { type: 'DROPDOWN', id: 'dropdown', label: 'Dropdown', value: null, dropdownId: 'sfs_1' },
  { type: 'DROPDOWN_MULTIVALUE', id: 'dropdowns', value: null, dropdownId: 'sfs_1' },
  { type: 'SEARCH_INPUT', id: 'sequence', value: null, itemType: 'dna_sequence', schemaId: null },
  { type: 'SEARCH_INPUT_MULTIVALUE', id: 'boxes', value: ['box_1'], itemType: 'box', schemaId: null },
  { type: 'FILE_UPLOAD', id: 'upload', label: 'Upload', value: null },
  { type: 'CHIP', id: 'chip', value: 'etr_8Qk2RmZa' },
  { type: 'TABLE', id: 'table', name: 'Plate', source: { type: 'DATA_FRAME', dataFrameId: null } },
]

describe.each([
  { width: 390, height: 844, colorScheme: 'light' as const },
  { width: 390, height: 844, colorScheme: 'dark' as const },
  { width: 1280, height: 720, colorScheme: 'light' as const },
])('in a $colorScheme window of $width × $height', ({ width, height, colorScheme }) => {
  it('a block of every type is drawn, with a name, and nothing sticks out', async () => {
    stage.draw(...EVERYTHING)
    await open({ viewport: { width, height }, colorScheme })
    expect(await sticksOut(page)).toBe(0)
    const canvas = canvasOn(page)
    for (const words of ['Files', 'A notice', 'nested', 'EXP25000088', 'Plate', 'Files cannot be uploaded'])
      expect(await canvas.getByText(words).count(), words).toBeGreaterThan(0)
    expect(await canvas.getByRole('textbox', { name: /./ }).count()).toBe(5)
    expect(await canvas.getByRole('combobox', { name: 'Format' }).inputValue()).toBe('pdf')
    expect(await canvas.getByRole('listbox', { name: 'formats' }).count()).toBe(1)
    expect(await canvas.getByRole('button', { name: /./ }).count()).toBe(20)
    expect(await canvas.getByRole('button', { name: '‹ Previous' }).getAttribute('aria-disabled')).toBe(
      'true',
    )
  })

  it('the children of a section stand side by side as far as they fit', async () => {
    stage.draw(...EVERYTHING)
    await open({ viewport: { width, height }, colorScheme })
    const top = async (name: string) =>
      (await canvasOn(page).getByRole('button', { name, exact: true }).boundingBox())?.y
    expect(await top('‹ Previous')).toBe(await top('« First'))
    expect(await top('📁 folder 2')).toBe(await top('📁 folder 1'))
    const [first, last] = [await top('📁 folder 1'), await top('📁 folder 14')]
    expect(last).toBeGreaterThan(first ?? 0)
  })
})

describe('what is typed into a canvas', () => {
  const box = () => canvasOn(page).getByRole('textbox', { name: 'Display id' })
  const kept = () => stage.tenant.canvases.get(stage.canvasId).blocks[0]?.children?.[0]?.value

  it('is kept by the tenant, stays over a redraw, and reaches the app with the press', async () => {
    stage.draw(SEARCH)
    await open()
    const before = stage.app.received.length
    await box().pressSequentially('EXP2500')
    await expect.poll(kept).toBe('EXP2500')
    stage.draw(markdown('notice', 'Drawn anew'), SEARCH)
    await canvasOn(page).getByText('Drawn anew').waitFor()
    expect(await box().inputValue()).toBe('EXP2500')
    expect(await box().evaluate((element) => element.matches(':focus'))).toBe(true)
    await page.keyboard.type('0088')
    expect(await box().inputValue(), 'the caret is where it was').toBe('EXP25000088')
    await page.keyboard.press('Tab')
    await page.keyboard.press('Enter')
    expect(await stage.told(before + 1)).toMatchObject({ buttonId: 'go', canvasId: stage.canvasId })
    const values = stage.tenant.canvases.get(stage.canvasId).blocks[1]?.children?.[0]?.value
    expect(values).toBe('EXP25000088')
    stage.draw(section('search', { ...INPUT, value: 'found' }, button('go', 'Search')))
    // After the press the app's word counts.
    await expect.poll(() => box().inputValue()).toBe('found')
  })

  it('is submitted by no Enter, and cannot be changed while the canvas waits', async () => {
    stage.draw(SEARCH)
    await open()
    const before = stage.app.received.length
    await box().fill('EXP1')
    await page.keyboard.press('Enter')
    await expect.poll(kept).toBe('EXP1')
    expect(await canvasOn(page).getAttribute('aria-busy')).toBe('false')
    expect(stage.app.received.length).toBe(before)
    await canvasOn(page).getByRole('button', { name: 'Search' }).click()
    await canvasOn(page).getByText('Waiting for benchling-webhook …').waitFor()
    expect(await box().isEditable()).toBe(false)
    stage.draw(SEARCH)
    await expect.poll(() => box().isEditable()).toBe(true)
  })
})

describe('the keyboard, when the app draws something else', () => {
  const words = async () => (await page.locator(':focus').textContent())?.trim()
  const pressIn = async (name: string, ...blocks: readonly object[]) => {
    await canvasOn(page).getByRole('button', { name }).focus()
    await page.keyboard.press('Enter')
    await canvasOn(page).getByText('Waiting for benchling-webhook …').waitFor()
    expect(await words(), 'while the canvas waits').toBe(name)
    stage.draw(...blocks)
    await expect.poll(() => canvasOn(page).getAttribute('aria-busy')).toBe('false')
  }
  const outline = () =>
    page.locator(':focus').evaluate((element) => {
      const world = globalThis as unknown as { getComputedStyle(e: unknown): { outlineStyle: string } }
      return world.getComputedStyle(element).outlineStyle
    })
  const pages = (stamp: string, more: readonly object[] = []) => [
    markdown('title', `## Page ${stamp}`),
    ...more,
    section('pages', button(`previous.${stamp}`, '‹ Previous'), button(`next.${stamp}`, 'Next ›')),
  ]

  it('stays on the button of the same id, wherever that stands now', async () => {
    stage.draw(section('a', button('one', 'One'), button('two', 'Two')))
    await open()
    await pressIn('Two', markdown('new', 'More'), section('b', button('two', 'Two again')))
    expect(await words()).toBe('Two again')
  })

  it('stays on Next from page to page, although its id says another page', async () => {
    stage.draw(...pages('1'))
    await open()
    await pressIn('Next ›', ...pages('2'))
    expect(await words()).toBe('Next ›')
    await pressIn('Next ›', ...pages('3'))
    expect(await words()).toBe('Next ›')
  })

  it('goes to the canvas itself where the button is gone', async () => {
    stage.draw(section('a', button('browse', 'Browse files')))
    await open()
    await pressIn('Browse files', ...pages('1'))
    expect(await page.locator(':focus').getAttribute('aria-label')).toBe('Canvas of benchling-webhook')
    expect(await outline(), 'and shows it').not.toBe('none')
    await page.keyboard.press('Tab')
    expect(await words()).toBe('‹ Previous')
  })

  it('a click with the mouse draws no ring around the whole canvas', async () => {
    stage.draw(section('a', button('browse', 'Browse files')))
    await open()
    await canvasOn(page).getByRole('button', { name: 'Browse files' }).click()
    await canvasOn(page).getByText('Waiting for benchling-webhook …').waitFor()
    stage.draw(...pages('1'))
    await canvasOn(page).getByRole('button', { name: 'Next ›' }).waitFor()
    expect(await page.locator(':focus').getAttribute('aria-label')).toBe('Canvas of benchling-webhook')
    expect(await outline()).toBe('none')
  })

  it('the canvas stays where it was in the window, and says that it waits in view', async () => {
    const long = section(
      'rows',
      ...Array.from({ length: 60 }, (_, at) => button(`r${at}`, 'long '.repeat(20))),
    )
    stage.draw(long, section('end', button('last', 'Last')))
    await open({ viewport: { width: 1280, height: 700 } })
    const top = async () => Math.round((await canvasOn(page).boundingBox())?.y ?? 0)
    await canvasOn(page).getByRole('button', { name: 'Last' }).scrollIntoViewIfNeeded()
    const before = await top()
    expect(before, 'the beginning of the canvas is out of sight').toBeLessThan(-500)
    await canvasOn(page).getByRole('button', { name: 'Last' }).focus()
    await page.keyboard.press('Enter')
    const waits = canvasOn(page).getByText('Waiting for benchling-webhook …')
    await waits.waitFor()
    expect((await waits.boundingBox())?.y).toBeGreaterThan(0)
    expect(await top()).toBe(before)
    stage.draw(markdown('new', 'A line above'), long, section('end', button('last', 'Last')))
    await expect.poll(() => canvasOn(page).getAttribute('aria-busy')).toBe('false')
    expect(await top()).toBe(before)
  })
})

describe('the session of a canvas', () => {
  it('stands on it live, with how it ends, and is read aloud once', async () => {
    const { sessions, canvases, credentials } = stage.tenant
    const session = sessions.create({
      appId: credentials.appId,
      name: 'Package the entry',
      timeoutSeconds: 900,
      messages: [{ content: 'Exporting {id:etr_8Qk2RmZa}', style: 'INFO' }],
    })
    stage.draw(section('a', button('update', 'Update')))
    await open()
    const banner = canvasOn(page).getByRole('group', { name: 'Session Package the entry' })
    const heard = page.locator('.heard')
    canvases.change(stage.canvasId, { sessionId: session.id })
    await banner.getByText('Running').waitFor()
    expect(await banner.getByText('EXP25000088').count(), 'the entry by its display id').toBe(1)
    expect(await heard.textContent()).toBe('Package the entry: Running. Exporting etr_8Qk2RmZa')
    await page.evaluate(() => {
      const world = globalThis as unknown as {
        heard: string[]
        document: { querySelector(s: string): { textContent: string } }
        MutationObserver: new (f: () => void) => { observe(e: unknown, o: object): void }
      }
      const element = world.document.querySelector('.heard')
      world.heard = []
      new world.MutationObserver(() => world.heard.push(element.textContent)).observe(element, {
        childList: true,
        characterData: true,
        subtree: true,
      })
    })
    for (const [status, words] of [
      ['COMPLETED_WITH_WARNINGS', 'Completed with warnings'],
      ['FAILED', 'Failed'],
      ['SUCCEEDED', 'Succeeded'],
    ] as const) {
      const other = sessions.create({
        appId: credentials.appId,
        name: 'Package the entry',
        timeoutSeconds: 900,
      })
      sessions.change(other.id, { status, messages: [{ content: 'One file is missing', style: 'WARNING' }] })
      canvases.change(stage.canvasId, { sessionId: other.id })
      await banner.getByText(words).waitFor()
      await banner.getByText('One file is missing').waitFor()
      canvases.touch(stage.canvasId)
    }
    canvases.change(stage.canvasId, { sessionId: null })
    await expect.poll(() => banner.count()).toBe(0)
    expect(await page.evaluate(() => (globalThis as unknown as { heard: string[] }).heard)).toEqual(
      ['Completed with warnings', 'Failed', 'Succeeded'].map(
        (words) => `Package the entry: ${words}. One file is missing`,
      ),
    )
  })

  it('turns its spinner only for people who want motion', async () => {
    const session = stage.tenant.sessions.create({
      appId: stage.tenant.credentials.appId,
      name: 'Package the entry',
      timeoutSeconds: 900,
    })
    stage.tenant.canvases.change(stage.canvasId, { sessionId: session.id })
    const animation = () =>
      page.locator('.session .spinner').evaluate((element) => {
        const world = globalThis as unknown as { getComputedStyle(e: unknown): { animationName: string } }
        return world.getComputedStyle(element).animationName
      })
    await open({ reducedMotion: 'reduce' })
    expect(await animation()).toBe('none')
    await watched.close()
    await open({ reducedMotion: 'no-preference' })
    expect(await animation()).toBe('turn')
    stage.tenant.canvases.change(stage.canvasId, { sessionId: null })
  })
})
