import { allUsedUp } from '../base/single-use.ts'
import type { MemberBody, Span } from './archive.ts'
import { DRAIN_BYTES } from './bounds.ts'
import type { ByteSource } from './byte-source.ts'
import { Cursor } from './cursor.ts'
import type { DirectoryRecord } from './directory-record.ts'
import type { Extents } from './extents.ts'
import { passLocalHeader } from './local-header.ts'
import { memberBytes } from './member-body.ts'
import { isShared } from './spans.ts'

/** What reading needs to know beyond the members themselves, by record index. */
export type ReadPlan = { readonly records: readonly DirectoryRecord[]; readonly extents: Extents }

async function* whole(source: ByteSource, span: Span, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  const bytes = await source.bytes(span.start, span.end + 1, signal)
  yield bytes
  allUsedUp(bytes)
}

/** Iterated once, and only until the span has moved on. */
async function* guarded(
  chunks: AsyncGenerator<Uint8Array, void, undefined>,
  signal: AbortSignal,
  isOpen: () => boolean,
): AsyncGenerator<Uint8Array, void, undefined> {
  try {
    for (;;) {
      if (!isOpen()) throw new Error('a member was read after its span had moved on')
      signal.throwIfAborted()
      const next = await chunks.next()
      if (next.done) return
      yield next.value
    }
  } finally {
    await chunks.return()
  }
}

/**
 * Yields the members of a span in order, in one request unless the transfer breaks. What a consumer leaves of a member
 * is passed over; leaving the iteration ends the transfer.
 */
export async function* readSpan(
  source: ByteSource,
  plan: ReadPlan,
  span: Span,
  signal: AbortSignal,
): AsyncGenerator<MemberBody, void, undefined> {
  const leave = new AbortController()
  const both = AbortSignal.any([signal, leave.signal])
  const shared = isShared(span)
  const bytes = shared ? whole(source, span, both) : source.stream(span.start, span.end + 1, both)
  const cursor = new Cursor(bytes, span.start)
  let current = -1
  try {
    for (const member of span.members) {
      const record = plan.records[member.index]!
      await passLocalHeader(cursor, record, plan.extents.get(member.index)!)
      current = member.index
      const chunks = guarded(memberBytes(member, cursor, shared), both, () => current === member.index)
      yield { member, size: member.size, chunks }
      current = -1
    }
    if (span.end + 1 - cursor.position <= DRAIN_BYTES) await cursor.finish().catch(() => {})
  } finally {
    current = -1
    leave.abort()
    await cursor.close().catch(() => {})
  }
}
