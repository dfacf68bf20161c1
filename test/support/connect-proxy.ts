import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse, request as send } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import { type AddressInfo, connect } from 'node:net'
import type { Duplex } from 'node:stream'

export type ConnectProxy = AsyncDisposable & {
  /** `http://user:password@127.0.0.1:port`, as a variable would name it. */
  readonly url: string
  /** What was asked for, in order: `CONNECT host:port`, or `GET http://host/path` where nothing is tunnelled. */
  readonly targets: string[]
  /** Answers every request with this status instead, or not at all; null: lets them through. */
  refuse: number | 'hang' | null
  /** Tunnels that were asked for and neither refused nor closed. */
  readonly open: number
}

export type ConnectProxyOptions = {
  /** The port on loopback that is played for a target, whatever its name; undefined: 502. */
  readonly portOf: (target: string) => number | undefined
  /** Who may use it; default: everybody. */
  readonly credentials?: { readonly user: string; readonly password: string }
  /** Makes it an https:// proxy. */
  readonly tls?: { readonly cert: string; readonly key: string }
}

/** A forward proxy on loopback: CONNECT for https, absolute addresses for http (RFC 9110 §9.3.6, RFC 9112 §3.2.2). */
export const startConnectProxy = async (options: ConnectProxyOptions): Promise<ConnectProxy> => {
  const { credentials, portOf } = options
  const wanted =
    credentials && `Basic ${Buffer.from(`${credentials.user}:${credentials.password}`).toString('base64')}`
  const self: { targets: string[]; refuse: number | 'hang' | null } = { targets: [], refuse: null }
  const refusal = (request: IncomingMessage, target: string): number | 'hang' | null => {
    if (wanted !== undefined && request.headers['proxy-authorization'] !== wanted) return 407
    return self.refuse ?? (portOf(target) === undefined ? 502 : null)
  }

  const forward = (request: IncomingMessage, response: ServerResponse): void => {
    const url = URL.canParse(request.url ?? '') ? new URL(request.url ?? '') : null
    self.targets.push(`${request.method} ${request.url}`)
    const target = `${url?.hostname}:${url?.port || 80}`
    const refused = url ? refusal(request, target) : 400
    if (refused === 'hang') return
    if (refused !== null) return void response.writeHead(refused).end()
    const { 'proxy-authorization': _, 'proxy-connection': __, ...headers } = request.headers
    const onward = send({
      host: '127.0.0.1',
      port: portOf(target),
      method: request.method,
      path: `${url!.pathname}${url!.search}`,
      headers,
    })
    onward.on('response', (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers)
      answer.pipe(response)
    })
    onward.on('error', () => response.destroy())
    request.pipe(onward)
  }

  const tunnel = (request: IncomingMessage, socket: Duplex, head: Buffer): void => {
    const target = request.url ?? ''
    self.targets.push(`CONNECT ${target}`)
    sockets.add(socket)
    socket.on('error', () => {})
    socket.on('close', () => sockets.delete(socket))
    const refused = refusal(request, target)
    if (refused === 'hang') return void socket.on('end', () => socket.destroy()).resume()
    if (refused !== null) return void socket.end(`HTTP/1.1 ${refused} Refused\r\ncontent-length: 0\r\n\r\n`)
    const onward = connect(portOf(target)!, '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n')
      onward.write(head)
      onward.pipe(socket).pipe(onward)
    })
    sockets.add(onward)
    onward.on('error', () => socket.destroy())
    socket.on('close', () => onward.destroy())
  }

  const sockets = new Set<Duplex>()
  const server = options.tls ? createTlsServer(options.tls, forward) : createServer(forward)
  server.on('connect', tunnel)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const who = credentials ? `${credentials.user}:${encodeURIComponent(credentials.password)}@` : ''
  const { port } = server.address() as AddressInfo
  return {
    get open() {
      return sockets.size
    },
    get refuse() {
      return self.refuse
    },
    set refuse(status) {
      self.refuse = status
    },
    targets: self.targets,
    url: `${options.tls ? 'https' : 'http'}://${who}127.0.0.1:${port}`,
    [Symbol.asyncDispose]: async () => {
      const closed = once(server, 'close')
      server.close()
      for (const socket of sockets) socket.destroy()
      server.closeAllConnections()
      await closed
    },
  }
}
