import type { FastifyInstance } from 'fastify'
import { notFound } from '../api-error.ts'
import type { TenantContext } from '../context.ts'
import { apiTime } from '../entries/api-entry.ts'
import { COLLECTIONS } from '../entries/objects.ts'
import { page } from './paging.ts'
import { returning } from './returning.ts'

const INSTALLED_AT = Date.UTC(2025, 0, 15, 9)

/** The app itself, and the things entries link to. */
export const addDirectoryRoutes = (app: FastifyInstance, tenant: TenantContext): void => {
  const { credentials, objects, tenantOrigin } = tenant
  const own = () => ({
    id: credentials.appId,
    name: tenant.appName,
    description: 'Turns entries into Quilt packages.',
    apiURL: `${tenantOrigin}/api/v2/apps/${credentials.appId}`,
    webURL: `${tenantOrigin}/developer/apps/${credentials.appId}`,
    createdAt: apiTime(INSTALLED_AT),
    modifiedAt: apiTime(INSTALLED_AT),
    creator: { id: 'ent_9CIv9U8P', handle: 'jdoe', name: 'Jane Doe' },
    archiveRecord: null,
    // Answered by real tenants, absent from the OpenAPI file.
    appDefinition: tenant.legacy ? null : { id: credentials.appDefinitionId, versionNumber: '1.0.0' },
  })

  app.get<{ Params: { id: string } }>('/apps/:id', async ({ params }) => {
    if (params.id !== credentials.appId) throw notFound('App', params.id)
    return own()
  })
  app.get<{ Querystring: { pageSize?: string; nextToken?: string } }>('/apps', async ({ query }) => {
    const { items, nextToken } = page([own()], query)
    return { apps: items, nextToken }
  })

  for (const [type, collection] of Object.entries(COLLECTIONS))
    app.get<{ Params: { id: string }; Querystring: { returning?: string } }>(
      `/${collection}/:id`,
      async ({ params, query }) => returning(objects.answer(type, params.id, tenantOrigin), query.returning),
    )
}
