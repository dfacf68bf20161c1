import { Fault } from '../../../base/fault.ts'
import { verifyRevision } from '../../../registry/verify-revision.ts'
import type { Service } from '../../../service/start.ts'
import type { Tenant } from '../../../simulator/tenant.ts'
import { whenPackaged } from './when-packaged.ts'

export type MadePackage = {
  readonly name: string
  readonly topHash: string
  readonly files: number
  readonly bytes: number
  /** From the first delivery of the entry to its revision. */
  readonly seconds: number
}

/**
 * Announces every sample entry by a signed delivery, waits until each has its package and its canvas is drawn, and reads
 * every object again to check its hash. Throws the fault of the first entry that could not be packaged.
 */
export const mainJobOnce = async (
  tenant: Tenant,
  service: Service,
  signal: AbortSignal,
): Promise<{ registry: string; packages: MadePackage[] }> => {
  const made = await Promise.all(
    tenant.entries.list().map(async ({ api: { id } }) => {
      const started = performance.now()
      const packaged = whenPackaged(service, id)
      await tenant.insertCanvas(id)
      await tenant.created(id)
      return { name: await packaged, seconds: Math.round(performance.now() - started) / 1000 }
    }),
  )
  await service.idle()
  const packages = []
  for (const { name, seconds } of made) {
    const revision = await service.registry.current(name, signal)
    if (!revision) throw new Fault('manifest.invalid', { name })
    const { files, bytes } = await verifyRevision(service.registry, revision, signal)
    packages.push({ name, topHash: revision.topHash, files, bytes, seconds })
  }
  return { registry: service.registry.url, packages }
}
