/**
 * Makes the pictures in docs/images/ from the real page: the parts of the demonstration in this process, a real Chromium,
 * and each state brought about the way a person or a fault would. `npm run screenshots [name ...]`
 */
import { mkdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import type { FaultName } from '../src/simulator/fault-names.ts'
import { openBrowser, openPage } from '../test/e2e/browser.ts'
import { type Lab, openLab } from '../test/e2e/lab.ts'
import { CANVAS_SCENES } from './canvas-scenes.ts'
import type { Scene } from './scene.ts'

const FOLDER = join(import.meta.dirname, '../docs/images')
const TITRATION = '#entry=etr_8Qk2RmZa'
const PLATES = '#entry=etr_3VnPq7Lw'
/** Largest picture that is kept, in bytes: they live in the repository for ever. */
const LARGEST = 250_000

const canvasSays = (page: Page, words: string | RegExp) =>
  page.locator('.canvas').getByText(words).first().waitFor()
const verified = (page: Page) => page.getByText('verified ✓').waitFor()
const press = (page: Page, name: string) => page.getByRole('button', { name }).click()
const breakIt = async (page: Page, lab: Lab, fault: FaultName) => {
  lab.tenant.faults.set(fault, true)
  await page.locator('.fault[aria-pressed="true"]').waitFor()
  await press(page, 'Update package')
}

const SMALL = { viewport: { width: 1280, height: 800 } }
/** Down to the canvas, where the state is. */
const toCanvas = (page: Page) => page.locator('.canvas').scrollIntoViewIfNeeded()

const SCENES: Readonly<Record<string, Scene>> = {
  notebook: {
    packaged: true,
    play: async (page) => {
      await verified(page)
      const first = (await page.locator('.hash code').getAttribute('title')) ?? ''
      await page.getByLabel('Temperature').fill('31')
      await press(page, 'Save')
      await page.locator(`.hash code:not([title="${first}"])`).waitFor()
      await verified(page)
      await canvasSays(page, 'Packaged')
    },
  },
  queued: {
    lab: { workers: 1, exportMs: 20_000 },
    window: SMALL,
    play: async (page, lab) => {
      void lab.announce()
      await canvasSays(page, 'Queued')
    },
  },
  exporting: {
    lab: { exportMs: 20_000, small: true },
    window: SMALL,
    play: async (page, lab) => {
      void lab.announce()
      await canvasSays(page, 'Exporting')
      await page.getByText('Benchling prepares the export').first().waitFor()
    },
  },
  uploading: {
    window: SMALL,
    hash: PLATES,
    play: async (page, lab) => {
      void lab.announce()
      await page.locator('.canvas', { hasText: /Uploading [1-9]\d* of/ }).waitFor()
      await page.locator('.happening progress').waitFor()
    },
  },
  packaged: {
    window: SMALL,
    hash: PLATES,
    packaged: true,
    play: async (page) => {
      await verified(page)
      await canvasSays(page, 'Packaged')
    },
  },
  unchanged: {
    window: SMALL,
    lab: { small: true },
    packaged: true,
    play: async (page, lab) => {
      await verified(page)
      await lab.tenant.created('etr_8Qk2RmZa')
      await page.getByText('Nothing new').nth(1).waitFor()
      await lab.service.idle()
      await page.locator('.canvas', { hasText: /Packaged at .*unchanged at/ }).waitFor()
    },
  },
  failed: {
    window: SMALL,
    lab: { small: true },
    packaged: true,
    play: async (page, lab) => {
      await verified(page)
      await breakIt(page, lab, 'hostile-archive')
      await canvasSays(page, 'Failed')
      await page.getByRole('button', { name: 'Retry' }).waitFor()
    },
  },
  retrying: {
    window: SMALL,
    lab: { small: true },
    packaged: true,
    play: async (page, lab) => {
      await verified(page)
      await breakIt(page, lab, 'truncated-archive')
      await canvasSays(page, /tried again by itself/)
      await page.getByText('Tried again in a moment').waitFor()
    },
  },
  dark: {
    window: { ...SMALL, colorScheme: 'dark' },
    packaged: true,
    hash: PLATES,
    play: async (page) => {
      await verified(page)
      await canvasSays(page, 'Packaged')
    },
  },
  narrow: {
    window: { viewport: { width: 390, height: 1500 } },
    lab: { small: true },
    packaged: true,
    play: async (page) => {
      await verified(page)
      await page.getByLabel('Replicates').fill('4')
      await page.getByText('One change is not saved yet.').waitFor()
    },
  },
  'file-viewer': {
    window: SMALL,
    packaged: true,
    hash: PLATES,
    play: async (page) => {
      await verified(page)
      await page.getByRole('button', { name: /^plate-03_A01_f2_GFP/ }).click()
      await page.getByRole('dialog').getByRole('img').waitFor()
    },
  },
}

const ALL: Readonly<Record<string, Scene>> = { ...SCENES, ...CANVAS_SCENES }

const browser = await openBrowser()
const shoot = async (name: string, scene: Scene): Promise<void> => {
  const lab = await openLab({ exportMs: [1_000, 2_000], ...scene.lab })
  if (scene.packaged) {
    await lab.announce()
    await lab.service.idle()
  }
  const { page, complaints, close } = await openPage(
    browser,
    lab.url + (scene.hash ?? TITRATION),
    scene.window,
  )
  try {
    if (!scene.place) await page.getByRole('textbox', { name: 'Name of the entry' }).waitFor()
    await scene.play(page, lab)
    const shot = scene.part ? scene.part(page) : page
    if (!scene.part && scene.window?.viewport?.width !== 390 && name !== 'file-viewer') await toCanvas(page)
    const path = join(FOLDER, `${name}.png`)
    await shot.screenshot({ path, animations: 'disabled' })
    const { size } = await stat(path)
    if (complaints.length > 0) throw new Error(`${name}: ${complaints.join('\n')}`)
    if (size > LARGEST) throw new Error(`${name}.png has ${size} bytes, more than ${LARGEST}.`)
    process.stdout.write(`  ✓ ${name.padEnd(18)} ${Math.round(size / 1000)} kB\n`)
  } finally {
    await close()
    await lab.close()
  }
}

try {
  await mkdir(FOLDER, { recursive: true })
  const asked = process.argv.slice(2)
  for (const [name, scene] of Object.entries(ALL)) {
    if (asked.length === 0 || asked.includes(name)) await shoot(name, scene)
  }
} finally {
  await browser.close()
}
