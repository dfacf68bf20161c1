import type { Page } from 'playwright-core'
import { sampleEntries } from '../../src/simulator/samples/index.ts'
import { TITRATION_ID } from '../../src/simulator/samples/people.ts'
import { startTenant, type Tenant } from '../../src/simulator/tenant.ts'
import { startReceiver } from '../simulator/support/receiver.ts'

/** A page with one entry and one canvas, and no service: the test itself plays the app that draws. */
export type Stage = {
  readonly tenant: Tenant
  readonly url: string
  readonly canvasId: string
  readonly app: Awaited<ReturnType<typeof startReceiver>>
  /** Draws the canvas and enables it, as a PATCH of the app does. */
  draw(...blocks: readonly object[]): void
  /** The message of the newest delivery, once this many have arrived. */
  told(count: number): Promise<Record<string, unknown>>
  close(): Promise<void>
}

export const openStage = async (): Promise<Stage> => {
  const app = await startReceiver()
  const tenant = await startTenant({
    webhookUrl: app.url,
    entries: (await sampleEntries()).filter(({ id }) => id === TITRATION_ID),
  })
  const { canvas } = await tenant.insertCanvas(TITRATION_ID)
  return {
    tenant,
    url: tenant.url,
    canvasId: canvas.id,
    app,
    draw: (...blocks) => void tenant.canvases.change(canvas.id, { blocks, enabled: true }),
    told: async (count) => {
      await app.arrived(count)
      return app.received[count - 1]!.json.message
    },
    close: async () => {
      await tenant.close()
      await app.close()
    },
  }
}

export const button = (id: string, text: string, enabled = true) => ({ type: 'BUTTON', id, text, enabled })
export const markdown = (id: string, value: string) => ({ type: 'MARKDOWN', id, value })
export const section = (id: string, ...children: readonly object[]) => ({ type: 'SECTION', id, children })

export const canvasOn = (page: Page) => page.getByRole('region', { name: 'Canvas of benchling-webhook' })

/** How far the page is wider than its window; 0 where nothing sticks out. */
export const sticksOut = (page: Page): Promise<number> =>
  page.evaluate(() => {
    type Shown = { readonly scrollWidth: number; readonly clientWidth: number }
    const { document } = globalThis as unknown as { document: { documentElement: Shown } }
    return document.documentElement.scrollWidth - document.documentElement.clientWidth
  })
