import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'

export type FileHost = AsyncDisposable & {
  readonly base: string
  readonly seen: { method: string; url: string; headers: IncomingMessage['headers'] }[]
  readonly sockets: Set<Socket>
  /** Connections accepted so far. */
  readonly connections: number
}

/** A host of signed files: honours ranges, refuses everything but GET. `before` may answer by itself (returns true). */
export const fileHost = async (
  content: Buffer,
  before: (request: IncomingMessage, response: ServerResponse, nth: number) => boolean = () => false,
): Promise<FileHost> => {
  const seen: FileHost['seen'] = []
  const sockets = new Set<Socket>()
  let connections = 0
  const server = createServer((request, response) => {
    seen.push({ method: request.method ?? '', url: request.url ?? '', headers: request.headers })
    if (before(request, response, seen.length)) return
    if (request.method !== 'GET') return void response.writeHead(403).end()
    response.setHeader('etag', '"v1"')
    const parts = /^bytes=(\d*)-(\d*)$/.exec(request.headers.range ?? '')
    if (!parts) return void response.writeHead(200, { 'content-length': content.length }).end(content)
    if (content.length === 0) return void response.writeHead(416, { 'content-range': 'bytes */0' }).end()
    const [, from = '', to = ''] = parts
    const start = from === '' ? Math.max(0, content.length - Number(to)) : Number(from)
    const end = from === '' || to === '' ? content.length - 1 : Math.min(Number(to), content.length - 1)
    const range = `bytes ${start}-${end}/${content.length}`
    response.writeHead(206, { 'content-range': range, 'content-length': end - start + 1 })
    response.end(content.subarray(start, end + 1))
  })
  server.on('connection', (socket) => {
    connections++
    sockets.add(socket)
    socket.on('error', () => {})
    socket.on('close', () => sockets.delete(socket))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    base: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    seen,
    sockets,
    get connections() {
      return connections
    },
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

export const read = async (body: AsyncIterable<Uint8Array>): Promise<Buffer> => {
  const chunks: Uint8Array[] = []
  for await (const chunk of body) chunks.push(chunk)
  return Buffer.concat(chunks)
}
