import type { Browser, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { SOREN, TOM } from '../../src/simulator/samples/people.ts'
import { openBrowser, openPage, type WatchedPage } from './browser.ts'
import { button, canvasOn, openStage, type Stage, section } from './stage.ts'

let browser: Browser
let stage: Stage
let watched: WatchedPage
let jane: Page

beforeAll(async () => {
  browser = await openBrowser()
  stage = await openStage()
})
afterAll(async () => {
  await stage?.close()
  await browser?.close()
})
beforeEach(async () => {
  stage.draw(section('a', button('browse', 'Browse files')))
  watched = await openPage(browser, stage.url)
  jane = watched.page
  await canvasOn(jane).waitFor()
})
afterEach(async () => {
  const complaints = [...watched.complaints]
  await watched.close()
  expect(complaints, 'errors, CSP violations, requests that leave loopback').toEqual([])
})

const browse = (page: Page) => canvasOn(page).getByRole('button', { name: 'Browse files' })
const seat = (page: Page) => page.getByRole('combobox', { name: 'You are' })

describe('two people with the same entry open', () => {
  it('sit side by side in two tabs; each sees at once who made the canvas wait, and when it is ready', async () => {
    const [tom] = await Promise.all([
      jane.context().waitForEvent('page'),
      jane.getByRole('link', { name: 'Open as Tom' }).click(),
    ])
    await browse(tom).waitFor()
    expect(await seat(tom).inputValue()).toBe(TOM.handle)
    expect(await seat(jane).inputValue()).toBe('jdoe')
    expect([await jane.title(), await tom.title()]).toEqual(['Jane · EXP25000088', 'Tom · EXP25000088'])

    const before = stage.app.received.length
    await browse(tom).click()
    expect(await stage.told(before + 1)).toMatchObject({ buttonId: 'browse', userId: TOM.id })
    const others = canvasOn(jane).getByText('Tom Okafor pressed “Browse files”')
    await others.waitFor()
    expect(await jane.locator('.heard').textContent()).toContain('Tom Okafor pressed “Browse files”')
    await canvasOn(tom).getByText('Waiting for benchling-webhook …').waitFor()
    expect(await canvasOn(tom).getByText('pressed').count(), 'Tom knows what he did').toBe(0)
    expect(await browse(jane).getAttribute('aria-disabled')).toBe('true')

    stage.draw(section('a', button('back', 'Back to package')))
    for (const page of [jane, tom])
      await canvasOn(page).getByRole('button', { name: 'Back to package' }).waitFor()
    expect(await others.count()).toBe(0)
    expect(await canvasOn(jane).getAttribute('aria-busy')).toBe('false')
  })

  it('press once, also with a double click', async () => {
    const before = stage.app.received.length
    await browse(jane).dblclick()
    await stage.told(before + 1)
    await canvasOn(jane).getByText('Waiting for benchling-webhook …').waitFor()
    expect(stage.app.received.length).toBe(before + 1)
    expect(await jane.locator('.notice').textContent(), 'and are told of no refusal').toBe('')
  })

  it('are who they say in their own tab, after a reload too', async () => {
    await seat(jane).selectOption(SOREN.handle)
    await jane.reload()
    await browse(jane).waitFor()
    await expect.poll(() => seat(jane).inputValue()).toBe(SOREN.handle)
    const before = stage.app.received.length
    await browse(jane).click()
    expect(await stage.told(before + 1)).toMatchObject({ userId: SOREN.id })
  })
})
