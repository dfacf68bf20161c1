import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import { ApiError } from '../api-error.ts'
import type { Canvas } from '../canvases/canvas-store.ts'
import { sessionAnswer } from '../canvases/session-store.ts'
import type { TenantContext } from '../context.ts'
import { bodyOf } from './body.ts'
import { returning } from './returning.ts'

const writable = {
  blocks: z.array(z.unknown()).optional(),
  enabled: z.boolean().optional(),
  data: z.string().nullable().optional(),
  sessionId: z.string().nullable().optional(),
}
const create = z.strictObject({
  ...writable,
  appId: z.string(),
  featureId: z.string(),
  resourceId: z.string(),
  blocks: z.array(z.unknown()),
})
const update = z.strictObject({
  ...writable,
  featureId: z.string().optional(),
  resourceId: z.string().optional(),
})
const archive = z.strictObject({ canvasIds: z.array(z.string()), reason: z.literal('Other') })
const unarchive = z.strictObject({ canvasIds: z.array(z.string()) })

// Benchling v2 OpenAPI: AppSessionCreate, AppSessionUpdate, AppSessionMessageCreate
const message = z.strictObject({
  content: z.string().min(3).max(200),
  style: z.enum(['NONE', 'INFO', 'SUCCESS', 'WARNING', 'ERROR']).optional(),
})
const timeoutSeconds = z.number().int().min(1).max(2_592_000)
const messages = z.array(message).max(10).optional()
const newSession = z.strictObject({
  appId: z.string(),
  name: z.string().min(3).max(100),
  timeoutSeconds,
  messages,
})
const sessionUpdate = z.strictObject({
  messages,
  status: z.enum(['SUCCEEDED', 'FAILED', 'COMPLETED_WITH_WARNINGS']).optional(),
  timeoutSeconds: timeoutSeconds.optional(),
})

type ById = { Params: { id: string }; Querystring: { returning?: string } }

/** Canvases and sessions of the app; those of another app are forbidden. */
export const addCanvasRoutes = (app: FastifyInstance, tenant: TenantContext): void => {
  const { canvases, sessions, credentials } = tenant
  const own = (appId: string) => {
    if (appId !== credentials.appId)
      throw new ApiError(403, 'invalid_request_error', `The app may not act as ${appId}.`)
  }
  const attached = (sessionId: string | null | undefined) => {
    if (sessionId) sessions.get(sessionId)
  }

  app.post('/app-canvases', async ({ body }, reply) => {
    const wanted = bodyOf(create, body)
    own(wanted.appId)
    attached(wanted.sessionId)
    const canvas = canvases.create({ ...wanted, enabled: wanted.enabled ?? true })
    return reply.code(201).send(canvasAnswer(canvas))
  })
  app.get<ById>('/app-canvases/:id', async ({ params, query }) =>
    returning(canvasAnswer(canvases.get(params.id)), query.returning),
  )
  app.patch<ById>('/app-canvases/:id', async ({ params, body }) => {
    canvases.get(params.id)
    const change = bodyOf(update, body)
    attached(change.sessionId)
    return canvasAnswer(canvases.change(params.id, change))
  })
  app.post('/app-canvases::archive', async ({ body }) => {
    const { canvasIds, reason } = bodyOf(archive, body)
    canvases.setArchived(canvasIds, reason)
    return { canvasIds }
  })
  app.post('/app-canvases::unarchive', async ({ body }) => {
    const { canvasIds } = bodyOf(unarchive, body)
    canvases.setArchived(canvasIds, null)
    return { canvasIds }
  })

  app.post('/app-sessions', async ({ body }, reply) => {
    const wanted = bodyOf(newSession, body)
    own(wanted.appId)
    return reply.code(201).send(sessionAnswer(sessions.create(wanted)))
  })
  app.get<ById>('/app-sessions/:id', async ({ params, query }) =>
    returning(sessionAnswer(sessions.get(params.id)), query.returning),
  )
  app.patch<ById>('/app-sessions/:id', async ({ params, body }) => {
    sessions.get(params.id)
    const session = sessions.change(params.id, bodyOf(sessionUpdate, body))
    for (const canvas of canvases.list()) if (canvas.sessionId === session.id) canvases.touch(canvas.id)
    return sessionAnswer(session)
  })
}

const canvasAnswer = (canvas: Canvas) => ({
  id: canvas.id,
  app: { id: canvas.appId },
  featureId: canvas.featureId,
  resourceId: canvas.resourceId,
  blocks: canvas.blocks,
  enabled: canvas.enabled,
  data: canvas.data,
  sessionId: canvas.sessionId,
  archiveRecord: canvas.archived ? { reason: canvas.archived } : null,
})
