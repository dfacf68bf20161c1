import { setTimeout as sleep } from 'node:timers/promises'
import type { DeliveryView } from '../../src/simulator/page-contract.ts'
import type { Tenant } from '../../src/simulator/tenant.ts'
import { restless } from './read-records.ts'

const LOOK_EVERY_MS = 50

export const isAcknowledged = (views: readonly DeliveryView[]): boolean =>
  views.some(({ attempts }) =>
    attempts.some(({ status }) => status !== null && status >= 200 && status < 300),
  )

/** Webhook-ids that no attempt was acknowledged of. */
export const unacknowledged = (tenant: Tenant): string[] =>
  [...Map.groupBy(tenant.deliveries, ({ id }) => id)]
    .filter(([, views]) => !isAcknowledged(views))
    .map(([id]) => id)

/** Resolves when all deliveries are acknowledged, none is under way, and no subject is wanted any more. False: too late. */
export const atRest = async (tenant: Tenant, dir: string, until: number): Promise<boolean> => {
  while (performance.now() < until) {
    const waiting = tenant.deliveries.some(({ state }) => state === 'sending' || state === 'waiting')
    if (!waiting) {
      const lost = unacknowledged(tenant)
      for (const id of lost) await tenant.redeliver(id)
      if (lost.length === 0 && restless(dir)?.length === 0) return true
    }
    await sleep(LOOK_EVERY_MS)
  }
  return false
}
