import { Readable } from 'node:stream'
import type { FastifyInstance } from 'fastify'
import { notFound } from '../api-error.ts'
import type { ServiceView } from '../service-view.ts'
import { viewSafely } from './safe-view.ts'

/** The service's side, read through its port. */
export const addServiceRoutes = (app: FastifyInstance, service: ServiceView): void => {
  app.get('/service/ready', () => service.ready())
  app.get<{ Params: { id: string } }>('/service/entries/:id/timeline', ({ params }) =>
    service.timeline(params.id),
  )
  app.get<{ Params: { id: string }; Querystring: { revision?: string } }>(
    '/service/entries/:id/package',
    async ({ params, query }, reply) =>
      reply
        .type('application/json')
        .send(JSON.stringify(await service.package(params.id, query.revision || undefined))),
  )
  app.get<{ Querystring: { package?: string; topHash?: string; key?: string } }>(
    '/service/file',
    async ({ query }, reply) => {
      const { package: name = '', topHash = '', key = '' } = query
      const file = await service.file(name, topHash, key)
      if (!file) throw notFound('File', key)
      viewSafely(reply, key).header('content-length', file.size)
      return reply.send(Readable.from(file.chunks))
    },
  )
}
