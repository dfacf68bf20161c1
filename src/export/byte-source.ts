/** The bytes of one file of known size, wherever they are. Intervals are half-open: `start` included, `end` not. */
export interface ByteSource {
  readonly size: number
  /** Requests made so far. */
  readonly requests: number
  /** Exactly the bytes asked for, in one buffer. */
  bytes(start: number, end: number, signal: AbortSignal): Promise<Buffer>
  /**
   * Exactly the bytes asked for, in pieces. Leaving the iteration early ends the transfer.
   * Throws `export.download_failed`, `export.changed` and what the download throws.
   */
  stream(start: number, end: number, signal: AbortSignal): AsyncIterable<Uint8Array>
}
