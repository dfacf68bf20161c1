import { createHash } from 'node:crypto'
import { buffer } from 'node:stream/consumers'
import { fromBufferPromise } from 'yauzl'
import type { JsonObject } from '../../src/base/json.ts'
import { wholeBuffer } from '../../src/simulator/archive/byte-source.ts'
import type { StoredEntry } from '../../src/simulator/entries/entry-store.ts'
import type { ExportTask } from '../../src/simulator/exports.ts'
import type { Tenant } from '../../src/simulator/tenant.ts'
import type { Content, EntryFacts, ExportFacts, SentDelivery, TenantWorld } from './world.ts'

/** What the tenant holds now, everything it exported, and what it sent. */
export const readTenant = async (tenant: Tenant): Promise<TenantWorld> => {
  const entries: EntryFacts[] = []
  for (const entry of tenant.entries.list()) entries.push(await entryOf(tenant, entry))
  return {
    entries,
    canvases: tenant.canvases.list().map(({ id, resourceId, enabled, blocks }) => ({
      id,
      entryId: resourceId,
      enabled,
      text: JSON.stringify(blocks),
    })),
    deliveries: sentBy(tenant),
  }
}

const entryOf = async (tenant: Tenant, { api, attachments }: StoredEntry): Promise<EntryFacts> => {
  const modifiedAt = Date.parse(api.modifiedAt)
  const exports: ExportFacts[] = []
  for (const task of tenant.exports.list()) if (task.entryId === api.id) exports.push(await exportOf(task))
  return {
    id: api.id,
    displayId: api.displayId,
    api: api as unknown as JsonObject,
    modifiedAt,
    unscanned: [...attachments.values()]
      .filter(({ scanned }) => !scanned)
      .map(({ name, content }) => contentOf(name, wholeBuffer(content))),
    exports,
  }
}

const exportOf = async ({ id, startedAt, state }: ExportTask): Promise<ExportFacts> => ({
  id,
  startedAt,
  members:
    state.status === 'SUCCEEDED' ? await membersOf(wholeBuffer(state.archive)).catch(() => null) : null,
})

const membersOf = async (archive: Buffer): Promise<Content[]> => {
  const zip = await fromBufferPromise(archive, { lazyEntries: true })
  const members: Content[] = []
  for await (const entry of zip.eachEntry())
    members.push(contentOf(entry.fileName, await buffer(await zip.openReadStreamPromise(entry))))
  return members
}

const contentOf = (name: string, bytes: Uint8Array): Content => ({
  name,
  size: bytes.length,
  sha256: createHash('sha256').update(bytes).digest('hex'),
})

const sentBy = (tenant: Tenant): SentDelivery[] => {
  const byId = Map.groupBy(tenant.deliveries, ({ id }) => id)
  return [...byId.values()].map(([first, ...again]) => {
    const { id, type, entryId } = first!
    const statuses = [first!, ...again].flatMap(({ attempts }) => attempts.map(({ status }) => status))
    return { id, type, entryId, statuses }
  })
}
