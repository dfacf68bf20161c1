import { createPublicKey, verify } from 'node:crypto'
import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'

type Loose = ReturnType<typeof JSON.parse>

export type Received = {
  path: string
  headers: IncomingHttpHeaders
  body: Buffer
  /** The parsed envelope. */
  json: Loose
}

/** A webhook end point that keeps what arrives. `status` decides each answer; `null` never answers. */
export const startReceiver = async (
  status: (received: Received, index: number) => number | null = () => 202,
) => {
  const received: Received[] = []
  const listeners = new Set<() => void>()
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const body = Buffer.concat(chunks)
    const one = { path: request.url!, headers: request.headers, body, json: parsed(body) }
    received.push(one)
    for (const listener of listeners) listener()
    const code = status(one, received.length - 1)
    if (code !== null) response.writeHead(code).end('{}')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}/hook`,
    received,
    /** Resolves once this many deliveries have arrived. */
    arrived: (count: number) =>
      new Promise<void>((resolve) => {
        const check = () => {
          if (received.length < count) return
          listeners.delete(check)
          resolve()
        }
        listeners.add(check)
        check()
      }),
    close: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

const parsed = (body: Buffer): unknown => {
  try {
    return JSON.parse(body.toString('utf8'))
  } catch {
    return null
  }
}

/** Whether any key of the set verifies any DER entry: benchling-sdk's rule, written independently of the product. */
export const isSignedBy = (
  jwks: { keys: Record<string, string>[] },
  { headers, body }: Received,
): boolean => {
  const signed = Buffer.concat([
    Buffer.from(`${headers['webhook-id']}.${headers['webhook-timestamp']}.`),
    body,
  ])
  const signatures = String(headers['webhook-signature'])
    .split(' ')
    .map((entry) => entry.split(','))
    .filter(([version]) => version!.includes('der'))
  return signatures.some(([, base64]) =>
    jwks.keys.some((jwk) =>
      verify('sha256', signed, createPublicKey({ key: jwk, format: 'jwk' }), Buffer.from(base64!, 'base64')),
    ),
  )
}
