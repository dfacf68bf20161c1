/** The secret of a lab as existing installations have it (peer-service.md §6.2); the client secret is a canary. */
export const LAB_SECRET = {
  tenant: 'acme',
  client_id: 'client-1',
  client_secret: 'cs_canary',
  app_definition_id: 'appdef_A1',
  pkg_prefix: 'benchling',
  pkg_key: 'experiment_id',
  user_bucket: 'lab-data',
  log_level: 'INFO',
  enable_webhook_verification: true,
}
