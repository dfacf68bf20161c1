import type { BrowserContextOptions, Locator, Page } from 'playwright-core'
import type { Lab, LabOptions } from '../test/e2e/lab.ts'

/** A state of the page, how it comes about, and what of it is taken. */
export type Scene = {
  readonly lab?: LabOptions
  readonly window?: BrowserContextOptions
  readonly hash?: string
  /** True where no entry is open: a homepage or a run. */
  readonly place?: boolean
  /** Default: the whole window. */
  readonly part?: (page: Page) => Locator
  /** Whether the sample entries are packaged before the page opens. */
  readonly packaged?: boolean
  /** Brings the state about and waits until it shows. */
  readonly play: (page: Page, lab: Lab) => Promise<void>
}
