import Fastify, { type FastifyInstance } from 'fastify'
import { addCanvasRoutes } from './api/canvas-routes.ts'
import { addDirectoryRoutes } from './api/directory-routes.ts'
import { addEntryRoutes } from './api/entry-routes.ts'
import { addEventRoutes } from './api/event-routes.ts'
import { observeExchanges } from './api/exchanges.ts'
import { addExportRoutes } from './api/export-routes.ts'
import { addGate } from './api/gate.ts'
import { addJwksRoutes } from './api/jwks-routes.ts'
import { addTokenRoute } from './api/token-route.ts'
import { ApiError } from './api-error.ts'
import type { AppParts } from './app-parts.ts'
import type { TenantContext } from './context.ts'
import { addControlApi } from './control/control-api.ts'
import { addDownloadRoutes } from './downloads/download-routes.ts'
import { PAGE_API } from './page-contract.ts'
import { addPage } from './page-server.ts'

/** "Payload cap 100 MB on POST/PATCH/PUT" (benchling-platform.md §4.1). */
const BODY_LIMIT = 100 * 1024 * 1024

/** All of a tenant behind one address: API, keys, download host, page and the page's own API. */
export const buildApp = async (tenant: TenantContext, parts: AppParts): Promise<FastifyInstance> => {
  const app = Fastify({
    logger: false,
    bodyLimit: BODY_LIMIT,
    forceCloseConnections: true,
    exposeHeadRoutes: false,
    routerOptions: { maxParamLength: 500 },
  })
  app.addContentTypeParser(
    'application/x-www-form-urlencoded',
    { parseAs: 'string' },
    (_request, body, done) => done(null, new URLSearchParams(body as string)),
  )
  app.setErrorHandler((thrown: Error & { statusCode?: number }, _request, reply) => {
    const error =
      thrown instanceof ApiError
        ? thrown
        : new ApiError(
            thrown.statusCode ?? 500,
            (thrown.statusCode ?? 500) < 500 ? 'invalid_request_error' : 'server_error',
            (thrown.statusCode ?? 500) < 500 ? thrown.message : 'The simulated tenant has a defect.',
          )
    return reply.code(error.status).send(error.body)
  })
  app.setNotFoundHandler((request, reply) =>
    reply
      .code(404)
      .send(
        new ApiError(404, 'invalid_request_error', `There is no ${request.method} ${path(request.url)}.`)
          .body,
      ),
  )

  const { intercept } = parts
  if (intercept)
    app.addHook('onRequest', async (request, reply) => {
      if (intercept(request.raw, reply.raw)) reply.hijack()
    })
  await app.register(
    async (api) => {
      if (parts.onExchange) observeExchanges(api, parts.onExchange)
      addGate(api, tenant)
      addTokenRoute(api, tenant)
      addEntryRoutes(api, tenant, (entryId) => {
        parts.notebook.save(entryId)?.catch(() => {})
      })
      addExportRoutes(api, tenant)
      addCanvasRoutes(api, tenant)
      addDirectoryRoutes(api, tenant)
      addEventRoutes(api, tenant)
    },
    { prefix: '/api/v2' },
  )
  addJwksRoutes(app, tenant)
  addDownloadRoutes(app, tenant)
  await app.register(async (control) => addControlApi(control, tenant, parts), { prefix: PAGE_API })
  if (parts.page) await app.register(async (page) => addPage(page))
  return app
}

const path = (url: string): string => url.split('?')[0]!
