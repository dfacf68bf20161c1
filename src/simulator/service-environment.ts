import type { Tenant } from './tenant.ts'

/** The part of a service's environment that makes it the app of this tenant. */
export const serviceEnvironment = ({ url, credentials }: Pick<Tenant, 'url' | 'credentials'>) => ({
  BENCHLING_TENANT: credentials.tenant,
  BENCHLING_CLIENT_ID: credentials.clientId,
  BENCHLING_CLIENT_SECRET: credentials.clientSecret,
  BENCHLING_APP_DEFINITION_ID: credentials.appDefinitionId,
  BENCHLING_SIMULATOR_URL: url,
})
