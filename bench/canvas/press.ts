import { readButton, type Step } from '../../src/canvas/buttons.ts'
import { flatBlocks } from '../../src/simulator/canvases/block-rules.ts'
import type { PageEvent } from '../../src/simulator/page-contract.ts'
import type { Tenant } from '../../src/simulator/tenant.ts'

/** After so long a click counts as not answered, ms. */
const PATIENCE_MS = 30_000

/** Milliseconds from the press: until the delivery was answered, and until the canvas showed its screen, enabled. */
export type Pressed = { readonly ackMs: number; readonly shownMs: number }

/** Presses the first enabled button that does this, as a person does. Throws when nothing answers. */
export const pressStep = async (tenant: Tenant, canvasId: string, kind: Step['kind']): Promise<Pressed> => {
  const { blocks, data } = tenant.canvases.get(canvasId)
  const found = flatBlocks(blocks).find((block) => {
    const press = block.type === 'BUTTON' && block.enabled !== false ? readButton(block.id ?? '') : null
    return press?.kind === 'step' && press.step.kind === kind
  })
  if (!found?.id) throw new Error(`the canvas has no button "${kind}": ${JSON.stringify(blocks)}`)
  // An answer to something earlier does not count: every press here leads somewhere else.
  return press(tenant, canvasId, found.id, () => tenant.canvases.get(canvasId).data !== data)
}

/** Presses a button; `answered` says whether what the enabled canvas shows now is the answer. */
export const press = async (
  tenant: Tenant,
  canvasId: string,
  buttonId: string,
  answered: () => boolean,
): Promise<Pressed> => {
  const shown = shows(tenant, canvasId, answered)
  const began = performance.now()
  const ack = tenant.click(canvasId, buttonId).then(({ attempts }) => {
    const ms = performance.now() - began
    const status = attempts[0]?.status ?? 0
    if (status < 200 || status > 299) throw new Error(`a click was answered with ${status}`)
    return ms
  })
  const [ackMs, shownAt] = await Promise.all([ack, shown])
  return { ackMs, shownMs: shownAt - began }
}

/** Resolves with the moment at which the canvas is enabled and shows what is awaited. */
export const shows = (tenant: Tenant, canvasId: string, awaited: () => boolean): Promise<number> =>
  new Promise((resolve, reject) => {
    const done = (how: () => void): void => {
      clearTimeout(timer)
      tenant.events.off('activity', onActivity)
      how()
    }
    const onActivity = (event: PageEvent): void => {
      if (event.kind !== 'canvas' || event.canvas.id !== canvasId || !event.canvas.enabled) return
      if (awaited()) {
        const at = performance.now()
        done(() => resolve(at))
      }
    }
    const timer = setTimeout(
      () => done(() => reject(new Error(`canvas ${canvasId} was not drawn within ${PATIENCE_MS} ms`))),
      PATIENCE_MS,
    )
    tenant.events.on('activity', onActivity)
  })
