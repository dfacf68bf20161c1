import type { Page } from 'playwright-core'
import { GALACTOSIDASE_ID, TITRATION_ID } from '../src/simulator/samples/people.ts'
import { BUTTON, CanvasOnPage } from '../test/e2e/canvas-on-page.ts'
import type { Lab } from '../test/e2e/lab.ts'
import { MANY_FOLDER, MANY_ID, manyFilesEntry, nameOfFile } from '../test/e2e/many-files.ts'
import type { Scene } from './scene.ts'

const ANALYSIS = 'analysis/kinetics-fit'
const many = { small: true, entries: [await manyFilesEntry(10_000)] }
const linked = { small: true, linked: { [ANALYSIS]: 'EXP25000088', 'qc/plate-03': 'EXP25000088' } }

/** High enough for the longest screen. */
const window = { viewport: { width: 1280, height: 1500 } }
const titration = { window, hash: `#entry=${TITRATION_ID}`, packaged: true }
const plates = { window, lab: many, hash: `#entry=${MANY_ID}`, packaged: true }
const part: Scene['part'] = (page) => new CanvasOnPage(page).region

/** A scene of the canvas alone. */
const ofCanvas = (
  scene: Omit<Scene, 'play'>,
  play: (canvas: CanvasOnPage, lab: Lab) => Promise<void>,
): Scene => ({
  part,
  ...scene,
  play: (page, lab) => play(new CanvasOnPage(page), lab),
})

const openFolder = async (canvas: CanvasOnPage) => {
  await canvas.packaged()
  await canvas.press(BUTTON.files)
  await canvas.press(BUTTON.folder(MANY_FOLDER))
  await canvas.says(nameOfFile(1))
  await canvas.press(BUTTON.next)
  await canvas.says(nameOfFile(16))
  await canvas.enabled()
}
const withLinked = async (canvas: CanvasOnPage) => {
  await canvas.packaged()
  await canvas.offers(`Browse ${ANALYSIS}`)
}
/** Saves the entry with another value, and waits for its package. */
const edit = async (page: Page, field: string, value: string, lab: Lab) => {
  await page.getByLabel(field).fill(value)
  const saved = page.getByRole('region', { name: 'Unsaved changes' })
  await page.getByRole('button', { name: 'Save' }).click()
  await saved.waitFor({ state: 'detached' })
  await lab.service.idle()
}

/** Every screen of the canvas, by the picture's name. */
export const CANVAS_SCENES: Readonly<Record<string, Scene>> = {
  'canvas-package': ofCanvas({ ...titration, lab: linked }, withLinked),
  'canvas-files': ofCanvas(plates, async (canvas) => {
    await canvas.packaged()
    await canvas.press(BUTTON.files)
    await canvas.shows('Files')
  }),
  'canvas-folder': ofCanvas(plates, openFolder),
  'canvas-metadata': ofCanvas({ ...titration, lab: { small: true } }, async (canvas) => {
    await canvas.packaged()
    await canvas.press(BUTTON.metadata)
    await canvas.shows('Metadata')
  }),
  'canvas-revisions': ofCanvas({ ...titration, lab: { small: true } }, async (canvas, lab) => {
    await canvas.packaged()
    await edit(canvas.page, 'Project', 'Enzyme kinetics II', lab)
    await canvas.page.getByLabel('Attach files').setInputFiles({
      name: 'notes of today.csv',
      mimeType: 'text/csv',
      buffer: Buffer.from('well,note\nA1,"clear, cold"\n'),
    })
    await canvas.page.getByRole('button', { name: /^notes of today\.csv/ }).waitFor()
    await edit(canvas.page, 'Replicates', '4', lab)
    await canvas.packaged()
    await canvas.press(BUTTON.revisions)
    await canvas.shows('Revisions')
    await canvas.says(/notes of today/)
  }),
  'canvas-linked': ofCanvas({ ...titration, lab: linked }, async (canvas) => {
    await withLinked(canvas)
    await canvas.press(`Browse ${ANALYSIS}`)
    await canvas.shows('Files')
    await canvas.says('notebook.ipynb')
  }),
  'canvas-home': ofCanvas(
    { window, lab: linked, hash: '#place=home', place: true, packaged: true },
    async (canvas) => {
      await canvas.shows(/Quilt packages/)
      await canvas.says(/EXP25000088/)
    },
  ),
  'canvas-failed': ofCanvas({ ...titration, lab: { small: true } }, async (canvas, lab) => {
    await canvas.packaged()
    lab.tenant.faults.set('hostile-archive', true)
    await canvas.press(BUTTON.update)
    await canvas.says('Failed')
    await canvas.offers(BUTTON.retry)
  }),
  'canvas-not-created': ofCanvas(
    { window, lab: { small: true }, hash: `#entry=${GALACTOSIDASE_ID}` },
    async (canvas, lab) => {
      // As it stands in entries that the known system drew and this service never met.
      const { webhookUrl } = lab.tenant
      lab.tenant.webhookUrl = null
      const { canvas: drawn } = await lab.tenant.insertCanvas(GALACTOSIDASE_ID)
      lab.tenant.webhookUrl = webhookUrl
      const id = `browse-files-${GALACTOSIDASE_ID}-p0-s15`
      const blocks = [{ type: 'BUTTON', id, text: BUTTON.files, enabled: true }]
      lab.tenant.canvases.change(drawn.id, { blocks, enabled: true })
      await canvas.press(BUTTON.files)
      await canvas.shows(/not created/)
    },
  ),
  'canvas-session': ofCanvas(
    { window, lab: { small: true, exportMs: 20_000 }, hash: `#entry=${TITRATION_ID}` },
    async (canvas, lab) => {
      await lab.tenant.insertCanvas(TITRATION_ID)
      await canvas.says('Exporting')
      await canvas.region
        .locator('.session')
        .getByText(/export/i)
        .first()
        .waitFor()
    },
  ),
  'canvas-dark': ofCanvas({ ...plates, window: { ...window, colorScheme: 'dark' } }, openFolder),
  'canvas-narrow': ofCanvas({ ...plates, window: { viewport: { width: 390, height: 1500 } } }, openFolder),
}
