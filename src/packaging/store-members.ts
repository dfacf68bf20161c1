import { mapConcurrent } from '../base/concurrency.ts'
import { Fault } from '../base/fault.ts'
import type { Archive, Member, Span } from '../export/archive.ts'
import { shown } from '../export/faults.ts'
import type { LogicalKey } from '../quilt/types.ts'
import type { StoredObject } from '../registry/ports.ts'
import type { PackagingPorts } from './ports.ts'
import { type Origin, originOf, type Shelf } from './shelf.ts'

/** Spans of one archive under way at once: enough to keep network and store busy while one of them waits. */
const SPANS_AT_ONCE = 6
/** Members of a crashed run looked up at once: in S3 each found one is a request. */
const RECALLED_AT_ONCE = 16

export type PlacedMember = { readonly member: Member; readonly key: LogicalKey }

const memberOrigin = (task: string, { name, size, crc32 }: Member): Origin =>
  originOf('export', task, name, size, crc32)

/**
 * Streams the members of an archive into the store, in the order given. Each span takes its memory from the budget once,
 * for itself and for the largest upload out of it. Throws what the archive and the registry throw; nothing of a faulty
 * member stays.
 */
export const storeMembers = async (
  its: {
    readonly archive: Archive
    readonly placed: readonly PlacedMember[]
    readonly task: string
    readonly ports: Pick<PackagingPorts, 'registry' | 'budget'>
    readonly shelf: Shelf
  },
  signal: AbortSignal,
): Promise<StoredObject[]> => {
  const { archive, placed, task, shelf } = its
  const { registry, budget } = its.ports
  const keys = new Map(placed.map(({ member, key }) => [member.index, key]))
  const stored = new Map<number, StoredObject>()
  const recall = async ({ member, key }: PlacedMember, inner: AbortSignal): Promise<void> => {
    const before = await shelf.recall(key, memberOrigin(task, member), inner)
    if (before) stored.set(member.index, before)
  }
  await mapConcurrent(placed, RECALLED_AT_ONCE, recall, signal)
  const open = placed.flatMap(({ member }) => (stored.has(member.index) ? [] : [member]))
  const storeSpan = async (span: Span, inner: AbortSignal): Promise<void> => {
    const upload = Math.max(0, ...span.members.map(({ size }) => registry.uploadBuffer(size)))
    using _memory = await budget.take(span.buffer + upload, inner)
    for await (const body of archive.read(span, inner)) {
      const { member } = body
      const object = await shelf.keep(keys.get(member.index)!, memberOrigin(task, member), body, inner)
      stored.set(member.index, object)
    }
  }
  await mapConcurrent(archive.spans(open), SPANS_AT_ONCE, storeSpan, signal)
  return placed.map(({ member }) => {
    const object = stored.get(member.index)
    if (object) return object
    throw new Fault('archive.member_invalid', { member: member.index }, { detail: shown(member.name) })
  })
}
