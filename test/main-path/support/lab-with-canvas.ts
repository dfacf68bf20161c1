import type { Environment } from '../../../src/config/load-config.ts'
import { Lab } from './lab.ts'
import { entrySeed, file } from './seeds.ts'

export const ENTRY = 'etr_Fault001'

/** A lab with one entry and a canvas in it of which the service knows nothing yet; its keys are fetched. */
export const labWithCanvas = async (env: Environment = {}) => {
  const lab = await Lab.start({ tenant: { entries: [entrySeed(ENTRY, [file('data.csv', 'a\n1\n')])] }, env })
  await lab.tenant.deliver({ type: 'v2.app.installed' })
  const { id: canvasId } = lab.tenant.canvases.create({
    appId: lab.tenant.credentials.appId,
    featureId: 'quilt_entry',
    resourceId: ENTRY,
    enabled: true,
  })
  return {
    lab,
    canvasId,
    insert: () =>
      lab.tenant.deliver({
        type: 'v2.canvas.created',
        canvasId,
        featureId: 'quilt_entry',
        resourceId: ENTRY,
      }),
    enabled: () => lab.tenant.canvases.get(canvasId).enabled,
    shows: () => lab.shows(canvasId),
  }
}
