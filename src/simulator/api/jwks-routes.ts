import type { FastifyInstance } from 'fastify'
import { ApiError, notFound } from '../api-error.ts'
import type { TenantContext } from '../context.ts'

/** How long the key set takes while the fault `slow-jwks` is on. */
export const SLOW_JWKS_MS = 20_000

/** The app's public keys: by definition id, or by installation id for a legacy app; the other address is unknown. */
export const addJwksRoutes = (app: FastifyInstance, tenant: TenantContext): void => {
  const { credentials, keys, faults, clock, legacy } = tenant
  const path = legacy ? '/apps/jwks/:id' : '/api/v1/apps/:id/jwks'
  app.get<{ Params: { id: string } }>(path, async ({ params, raw }) => {
    if (faults.strikes('slow-jwks')) {
      const gone = new AbortController()
      raw.socket.once('close', () => gone.abort())
      await clock.sleep(SLOW_JWKS_MS, gone.signal).catch(() => {})
    }
    if (faults.strikes('failing-jwks')) throw new ApiError(503, 'server_error', 'Try again later.')
    if (params.id !== (legacy ? credentials.appId : credentials.appDefinitionId))
      throw notFound('App', params.id)
    return keys.jwks
  })
}
