/** How long deliveries, runs and their steps are kept. */
export const RETENTION_MS = 90 * 24 * 60 * 60 * 1000
