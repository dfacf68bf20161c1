/** Which bytes are wanted: a closed interval, the last bytes, or everything. */
export type ByteRange = { readonly start: number; readonly end: number } | { readonly last: number }

export type DownloadAnswer = {
  /** First byte of `body` within the whole file. 0 when the server ignored the range. */
  readonly start: number
  /** Size of the whole file in bytes; null when the server does not say (then the body is the whole file). */
  readonly total: number | null
  /** True when the server honoured the range. */
  readonly partial: boolean
  /** Strong validator of the file's content, to notice a change between two requests. */
  readonly etag: string | null
  readonly body: AsyncIterable<Uint8Array>
  /** Ends the transfer early and frees the connection. Safe to call more than once. */
  cancel(): void
}

/**
 * A file at a signed address. The address itself stays inside the room that made this (it is a bearer secret):
 * nobody else can log, store or print it. Renews an expired address by itself where that is possible.
 *
 * Throws `export.link_expired`, `export.host_refused`, `export.download_failed`.
 */
export interface Download {
  get(range: ByteRange | null, signal: AbortSignal): Promise<DownloadAnswer>
}
