import { z } from 'zod'
import type { Json, JsonObject } from '../base/json.ts'
import { checked } from './answer.ts'
import type { Api } from './api.ts'
import { canvasData, clippedBlocks } from './clip.ts'
import type { AppCanvas, Benchling, CanvasPatch } from './ports.ts'
import { withoutSignedAddresses } from './scrub.ts'

const canvasAnswer = z.looseObject({
  id: z.string(),
  featureId: z.string(),
  resourceId: z.string().nullish(),
  enabled: z.boolean().nullish(),
  data: z.string().nullish(),
  blocks: z.array(z.record(z.string(), z.json())),
  archiveRecord: z.looseObject({}).nullish(),
})

type Canvases = Pick<Benchling, 'canvas' | 'createCanvas' | 'updateCanvas'>

/**
 * App canvases. A patch is a given state and may be repeated; creating one is repeated only when Benchling surely did
 * not do it, because it knows no idempotency key.
 */
export const canvasesOf = (api: Api): Canvases => ({
  canvas: async (id, signal) => {
    const operation = 'GET /app-canvases/{canvas_id}'
    const path = ['app-canvases', id]
    return canvasIn(operation, await api.call({ operation, method: 'GET', path, repeat: 'always' }, signal))
  },

  createCanvas: async ({ appId, featureId, resourceId, ...patch }, signal) => {
    const operation = 'POST /app-canvases'
    const body = { appId, featureId, resourceId, blocks: [], ...patchBody(patch) }
    return canvasIn(
      operation,
      await api.call({ operation, method: 'POST', path: ['app-canvases'], body, repeat: 'unsent' }, signal),
    )
  },

  updateCanvas: async (id, patch, signal) => {
    const operation = 'PATCH /app-canvases/{canvas_id}'
    const path = ['app-canvases', id]
    const body = patchBody(patch)
    return canvasIn(
      operation,
      await api.call({ operation, method: 'PATCH', path, body, repeat: 'always' }, signal),
    )
  },
})

/** Only what the patch names: everything else stays as it is in Benchling. */
const patchBody = ({ blocks, enabled, data, sessionId }: CanvasPatch): JsonObject => ({
  ...(blocks !== undefined && { blocks: clippedBlocks(blocks) }),
  ...(enabled !== undefined && { enabled }),
  ...(data !== undefined && { data: canvasData(data) }),
  ...(sessionId !== undefined && { sessionId }),
})

const canvasIn = (operation: string, json: Json): AppCanvas => {
  const canvas = checked(canvasAnswer, operation, withoutSignedAddresses(json))
  return {
    id: canvas.id,
    featureId: canvas.featureId,
    resourceId: canvas.resourceId ?? null,
    enabled: canvas.enabled ?? true,
    data: canvas.data ?? null,
    blocks: canvas.blocks,
    archived: (canvas.archiveRecord ?? null) !== null,
  }
}
