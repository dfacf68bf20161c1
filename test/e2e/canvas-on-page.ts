import type { Locator, Page } from 'playwright-core'

/** What the buttons of the screens are called: here and nowhere else in these tests. */
export const BUTTON = {
  update: 'Update package',
  retry: 'Retry',
  refresh: 'Refresh',
  files: 'Browse files',
  metadata: 'Metadata',
  revisions: 'Revisions',
  back: 'Back to package',
  /** From a linked package. */
  backToEntry: 'Back to the entry’s package',
  first: '« First',
  previous: '‹ Previous',
  next: 'Next ›',
  last: 'Last »',
  /** Of a folder among the files. */
  folder: (name: string) => new RegExp(`${name} \\(`),
  /** Of a revision, or of a linked package. */
  browse: /^Browse (?!files)/,
} as const

/** The canvases of the entry that a page shows, and what a person does with one. */
export class CanvasOnPage {
  readonly page: Page
  readonly region: Locator

  /** `nth`: which of the entry's canvases. */
  constructor(page: Page, nth = 0) {
    this.page = page
    this.region = page.getByRole('region', { name: 'Canvas of benchling-webhook' }).nth(nth)
  }

  button(name: string | RegExp): Locator {
    const exact = typeof name === 'string'
    return this.region.getByRole('button', { name, exact })
  }

  press(name: string | RegExp): Promise<void> {
    return this.button(name).first().click()
  }

  /** Waits until the canvas shows a button that can be pressed. */
  async offers(name: string | RegExp): Promise<void> {
    await this.region
      .locator('button[aria-disabled="false"]')
      .filter({ hasText: name })
      .first()
      .waitFor({ timeout: 30_000 })
  }

  async says(words: string | RegExp): Promise<void> {
    await this.region.getByText(words).first().waitFor({ timeout: 30_000 })
  }

  /** Waits until a screen has this heading. */
  async shows(title: string | RegExp): Promise<void> {
    await this.region.getByRole('heading', { name: title }).first().waitFor({ timeout: 30_000 })
    await this.enabled()
  }

  async enabled(): Promise<void> {
    await this.region.and(this.page.locator('[aria-busy="false"]')).waitFor({ timeout: 30_000 })
  }

  async packaged(): Promise<void> {
    await this.region.getByText('Packaged', { exact: true }).waitFor({ timeout: 120_000 })
    await this.enabled()
  }
}
