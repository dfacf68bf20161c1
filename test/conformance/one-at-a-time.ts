import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'

/**
 * A proxy that hands one request after another to a server. moto answers each in a thread of its own but keeps no
 * transaction apart from what others write meanwhile: when it takes one back, their writes go with it.
 */
export const oneAtATime = async (target: string): Promise<{ url: string; close(): Promise<void> }> => {
  let last: Promise<unknown> = Promise.resolve()
  const server = createServer(async (request, response) => {
    const body = await buffer(request)
    const headers = Object.entries(request.headers).filter(
      ([name]) => !['connection', 'content-length', 'transfer-encoding', 'expect'].includes(name),
    ) as [string, string][]
    const answer = last.then(async () => {
      const answered = await fetch(`${target}${request.url}`, {
        method: String(request.method),
        headers,
        body,
      })
      return {
        status: answered.status,
        headers: answered.headers,
        bytes: Buffer.from(await answered.arrayBuffer()),
      }
    })
    last = answer.catch(() => {})
    answer.then(
      ({ status, headers: given, bytes }) => {
        const type = given.get('content-type') ?? 'application/x-amz-json-1.0'
        response.writeHead(status, { 'content-type': type, 'content-length': bytes.length }).end(bytes)
      },
      () => response.destroy(),
    )
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: async () => {
      const closed = once(server, 'close')
      server.close()
      server.closeAllConnections()
      await closed
    },
  }
}
