import type { Member, Span } from './archive.ts'
import { ONE_SHOT_BYTES, SHARED_SPAN_BYTES, STREAM_BUFFER_BYTES } from './bounds.ts'
import type { Extents } from './extents.ts'

/** True when a member is inflated in one call rather than streamed. */
export const isOneShot = ({ size, compressedSize }: Member): boolean =>
  size <= ONE_SHOT_BYTES && compressedSize <= ONE_SHOT_BYTES

/** A shared span is fetched whole before its first member is read; a member alone in a larger one is streamed. */
export const isShared = ({ start, end }: Span): boolean => end - start < SHARED_SPAN_BYTES

const inflateBuffer = (member: Member): number => (isOneShot(member) ? member.size : STREAM_BUFFER_BYTES)

const bufferOf = (members: readonly Member[], packed: number): number => {
  const inflate = Math.max(...members.map(inflateBuffer))
  if (packed <= SHARED_SPAN_BYTES) return packed + inflate
  const [alone] = members
  return alone && isOneShot(alone)
    ? STREAM_BUFFER_BYTES + alone.compressedSize + inflate
    : STREAM_BUFFER_BYTES
}

/**
 * Groups members, in the order they lie in the file, into requests: neighbours share one of at most
 * `SHARED_SPAN_BYTES`, bytes of unwanted members between them included; what is larger goes alone.
 */
export const planSpans = (members: readonly Member[], extents: Extents): Span[] => {
  const sorted = [...members].sort((a, b) => a.localHeaderOffset - b.localHeaderOffset)
  const spans: Span[] = []
  let group: Member[] = []
  const close = (): void => {
    const [first, last] = [group[0], group.at(-1)]
    if (!first || !last) return
    const [start, end] = [first.localHeaderOffset, extents.get(last.index)!]
    spans.push({ members: group, start, end: end - 1, buffer: bufferOf(group, end - start) })
    group = []
  }
  for (const member of sorted) {
    const first = group[0]
    if (first && extents.get(member.index)! - first.localHeaderOffset > SHARED_SPAN_BYTES) close()
    group.push(member)
  }
  close()
  return spans
}
