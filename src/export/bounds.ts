/** Sizes that decide how much is asked for at once and how much is kept in memory. All in bytes. */

/** Read first: the end records, and the whole directory of all but very large archives. */
export const TAIL_BYTES = 1024 * 1024
/** Neighbouring members share a request up to this many packed bytes. */
export const SHARED_SPAN_BYTES = 1024 * 1024
/** Members declared up to this size, packed and unpacked, are inflated in one call. */
export const ONE_SHOT_BYTES = 1024 * 1024
/** Larger members leave inflate in pieces of this size. */
export const CHUNK_BYTES = 256 * 1024
/**
 * What one streamed member holds: a piece being filled, one waiting and one with the consumer, and as much again for
 * packed bytes on their way from the socket.
 */
export const STREAM_BUFFER_BYTES = 5 * CHUNK_BYTES
/** The records of a directory are kept, so it has an end: about 600,000 members with names of ordinary length. */
export const DIRECTORY_MAX_BYTES = 64 * 1024 * 1024
/** What is left of an answer after the last byte we need is read rather than cut off, if it is no more than this. */
export const DRAIN_BYTES = 128 * 1024
