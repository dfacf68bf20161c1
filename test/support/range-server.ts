import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** A file that is served: a buffer, or bytes made on demand for the half-open interval. */
export type ServedFile =
  | Uint8Array
  | { readonly size: number; chunks(start: number, end: number): AsyncIterable<Uint8Array> }

/** What the server does wrong. Each may be set and unset between requests. */
export type ServerFaults = {
  /** Answers 200 with the whole file whatever is asked. */
  noRanges?: boolean
  /** Leaves the length out, so that only the end of the connection says where the body ends. */
  noLength?: boolean
  /** Answers another range than the one asked for, by this many bytes. */
  shift?: number
  etag?: string | null
  /** Adds this to the size that Content-Range states. */
  lieAboutSize?: number
  /** Resets the connection after this many bytes of body; called with the number of the request, from 1. */
  resetAfter?: (request: number) => number | null
  /** Ends the body properly, but this many bytes early. */
  shortBy?: (request: number) => number
  /** Sends nothing more after this many bytes, and keeps the connection. */
  stallAfter?: (request: number) => number | null
}

export type RangeServer = AsyncDisposable & {
  readonly url: string
  readonly faults: ServerFaults
  /** Ranges asked for, in order. */
  readonly asked: string[]
  /** Body bytes handed to the network so far. */
  readonly sent: number
  /** Connections accepted so far. */
  readonly connections: number
  /** Answers under way now. */
  readonly open: number
  /** Resolves when no answer is under way. */
  idle(): Promise<void>
}

const asChunks = async function* (file: ServedFile, start: number, end: number): AsyncGenerator<Uint8Array> {
  if (!(file instanceof Uint8Array)) return yield* file.chunks(start, end)
  for (let at = start; at < end; at += 65_536) yield file.subarray(at, Math.min(end, at + 65_536))
}

const sizeOf = (file: ServedFile): number => (file instanceof Uint8Array ? file.length : file.size)

/** RFC 9110 §14.1.2 for one range. */
const parseRange = (header: string | undefined, size: number): { start: number; end: number } | null => {
  const last = /^bytes=-(\d+)$/.exec(header ?? '')
  if (last) return { start: Math.max(0, size - Number(last[1])), end: size }
  const closed = /^bytes=(\d+)-(\d+)$/.exec(header ?? '')
  return closed ? { start: Number(closed[1]), end: Math.min(size, Number(closed[2]) + 1) } : null
}

/** A real HTTP server on loopback for one file, with ranges, an ETag and faults to switch on. Refuses HEAD, as signed addresses do. */
export const startRangeServer = async (file: ServedFile, faults: ServerFaults = {}): Promise<RangeServer> => {
  const state = { sent: 0, open: 0, connections: 0, asked: [] as string[], waiting: [] as (() => void)[] }
  const size = sizeOf(file)

  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const number = state.asked.push(request.headers.range ?? 'all')
    if (request.method !== 'GET') return void response.writeHead(403).end()
    const range = faults.noRanges ? null : parseRange(request.headers.range, size)
    if (range && range.start >= range.end)
      return void response.writeHead(size === 0 ? 200 : 416, { 'content-length': 0 }).end()
    const { start, end } = range
      ? { start: range.start + (faults.shift ?? 0), end: range.end + (faults.shift ?? 0) }
      : { start: 0, end: size }
    const etag = faults.etag === undefined ? '"one"' : faults.etag
    const short = faults.shortBy?.(number) ?? 0
    response.writeHead(range ? 206 : 200, {
      ...(etag === null ? {} : { etag }),
      ...(faults.noLength ? { connection: 'close' } : { 'content-length': Math.max(0, end - start - short) }),
      ...(range ? { 'content-range': `bytes ${start}-${end - 1}/${size + (faults.lieAboutSize ?? 0)}` } : {}),
    })
    const reset = faults.resetAfter?.(number) ?? null
    const stall = faults.stallAfter?.(number) ?? null
    let left = Math.min(
      end - start - short,
      stall ?? Number.POSITIVE_INFINITY,
      reset ?? Number.POSITIVE_INFINITY,
    )
    for await (const chunk of asChunks(file, start, end)) {
      const piece = chunk.subarray(0, left)
      left -= piece.length
      if (response.destroyed) return
      state.sent += piece.length
      if (piece.length > 0 && !response.write(piece))
        await new Promise<void>((resolve) => {
          const go = () => {
            response.off('drain', go).off('close', go)
            resolve()
          }
          response.on('drain', go).on('close', go)
        })
      if (left === 0) break
    }
    if (reset !== null) {
      await new Promise((resolve) => response.write('', resolve))
      response.destroy()
    } else if (stall === null) response.end()
  }

  const server = createServer((request, response) => {
    state.open++
    response.once('close', () => {
      state.open--
      if (state.open === 0) for (const wake of state.waiting.splice(0)) wake()
    })
    answer(request, response).catch(() => response.destroy())
  })
  server.on('connection', () => {
    state.connections++
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}/export.zip`,
    faults,
    asked: state.asked,
    get sent() {
      return state.sent
    },
    get connections() {
      return state.connections
    },
    get open() {
      return state.open
    },
    idle: () =>
      state.open === 0 ? Promise.resolve() : new Promise((resolve) => state.waiting.push(resolve)),
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
