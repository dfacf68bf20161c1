import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { parseManifest } from '../../src/quilt/parse-manifest.ts'

/** `app`: be the least app there could be; `manifest`: read this file, once, in a process that never read one. */
export type Order =
  | {
      readonly what: 'app'
      readonly tenantUrl: string
      readonly clientId: string
      readonly clientSecret: string
      /** What it draws after every click. */
      readonly patch: object
    }
  | { readonly what: 'manifest'; readonly path: string }

/** Answers every click at once and draws the canvas again: no signature is checked, nothing is recorded or read. */
const app = async (order: Extract<Order, { what: 'app' }>): Promise<number> => {
  const api = `${order.tenantUrl}/api/v2`
  const token = await fetch(`${api}/token`, {
    method: 'POST',
    headers: {
      authorization: `Basic ${Buffer.from(`${order.clientId}:${order.clientSecret}`).toString('base64')}`,
    },
    body: new URLSearchParams({ grant_type: 'client_credentials' }),
  })
  const { access_token } = (await token.json()) as { access_token: string }
  const headers = { authorization: `Bearer ${access_token}`, 'content-type': 'application/json' }
  const body = JSON.stringify({ ...order.patch, enabled: true })
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': 2 }).end('{}')
    const { message } = JSON.parse(Buffer.concat(chunks).toString()) as { message: { canvasId: string } }
    const drawn = await fetch(`${api}/app-canvases/${message.canvasId}`, { method: 'PATCH', headers, body })
    await drawn.text()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return (server.address() as AddressInfo).port
}

/** Milliseconds from the file to its checked entries. */
const manifest = (path: string): number => {
  const began = performance.now()
  parseManifest(readFileSync(path))
  return performance.now() - began
}

process.once('disconnect', () => process.exit())

process.on('message', async (order: Order) => {
  process.send?.(order.what === 'app' ? await app(order) : manifest(order.path))
})
