/** One file of an export archive, as its central directory describes it. Nothing here was read from a local header. */
export type Member = {
  /** Position in the directory, from 0. */
  readonly index: number
  /** The name as decoded by the rule of `member-name.ts`; not yet safe as a key. */
  readonly name: string
  /** Bytes after decompression, as the directory declares them. */
  readonly size: number
  readonly compressedSize: number
  readonly crc32: number
  readonly method: 'stored' | 'deflated'
  readonly localHeaderOffset: number
}

/** Neighbouring members that are fetched with one request. */
export type Span = {
  readonly members: readonly Member[]
  readonly start: number
  /** Last byte, inclusive. */
  readonly end: number
  /** Bytes this span keeps in memory at most while it is read (packed bytes and inflate buffers). */
  readonly buffer: number
}

export type ArchiveLimits = {
  /** Files and folders. */
  readonly maxMembers: number
  /** Sum of declared sizes after decompression. */
  readonly maxBytes: number
  /** Sum of declared sizes by the size of the archive, judged only beyond `RATIO_FLOOR_BYTES`. */
  readonly maxRatio: number
  /** A server that ignores ranges is read whole up to this many bytes, in memory. */
  readonly maxBufferBytes: number
}

/**
 * The content of one member. Iterating ends normally only when size and CRC-32 were right; else `archive.member_invalid`.
 * A chunk is there until the next one is asked for: its memory may be freed then, so copy what is to be kept.
 */
export type MemberBody = {
  readonly member: Member
  readonly size: number
  readonly chunks: AsyncIterable<Uint8Array>
}

/**
 * An opened archive: its directory is read and checked, no member yet. Directories and empty names are not members.
 * `read` yields the members of a span in order; each body must be consumed before the next is asked for. Dispose when all
 * is read: a file that is held in memory is let go.
 */
export interface Archive extends Disposable {
  readonly members: readonly Member[]
  /** Size of the archive itself. */
  readonly archiveBytes: number
  /** Requests made so far. */
  readonly requests: number
  spans(members: readonly Member[]): Span[]
  read(span: Span, signal: AbortSignal): AsyncIterable<MemberBody>
}
