import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import { badRequest } from '../api-error.ts'
import type { TenantContext } from '../context.ts'
import { bodyOf } from './body.ts'

/** `X-Amz-Expires` of the documented sample: 24 h. */
export const EXPORT_LINK_SECONDS = 86_400

const request = z.strictObject({ id: z.string(), format: z.enum(['pdf', 'html']).optional() })

export const addExportRoutes = (app: FastifyInstance, tenant: TenantContext): void => {
  const { exports, links, clock, faults, entries } = tenant

  app.post('/exports', async ({ body }, reply) => {
    const { id, format } = bodyOf(request, body)
    if (format === 'html') throw badRequest('This simulated tenant exports PDF only.')
    if (!entries.list().some(({ api }) => api.id === id)) throw badRequest(`Item ${id} cannot be exported.`)
    return reply.code(202).send({ taskId: exports.start(id).id })
  })

  app.get<{ Params: { id: string } }>('/tasks/:id', async ({ params }) => {
    const { id, entryId, state } = exports.get(params.id)
    if (state.status !== 'SUCCEEDED') return state
    const now = clock.now()
    const downloadURL = links.sign(tenant.origin(), {
      path: `/download/exports/${id}.zip`,
      fileName: `${entryId}.zip`,
      expiresSeconds: EXPORT_LINK_SECONDS,
      at: faults.strikes('expired-links') ? now - (EXPORT_LINK_SECONDS + 1) * 1000 : now,
    })
    return { status: 'SUCCEEDED', response: { downloadURL } }
  })
}
