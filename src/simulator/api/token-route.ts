import type { FastifyInstance } from 'fastify'
import type { TenantContext } from '../context.ts'

export const addTokenRoute = (app: FastifyInstance, { tokens }: TenantContext): void => {
  app.post('/token', async (request) =>
    tokens.issue(
      request.headers.authorization,
      request.body instanceof URLSearchParams ? request.body : new URLSearchParams(),
    ),
  )
}
