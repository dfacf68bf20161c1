import { Agent, type Dispatcher, fetch, Pool, ProxyAgent } from 'undici'
import { DIRECT, type Egress } from './egress.ts'

type Options = {
  /** To reach the proxy, to wait for its tunnel, and for the handshake through it: each in so many ms. */
  readonly connectTimeoutMs: number
  readonly highWaterMark?: number
}

/** How all agents of this service work: HTTP/1.1, one request after another on a connection, time-outs by the caller. */
export const AGENT = { allowH2: false, pipelining: 1, headersTimeout: 0, bodyTimeout: 0 } as const

/**
 * Sends requests through a proxy (`http://user:password@host:port`): https by CONNECT, so that the proxy sees nothing
 * but host and port, http as it is. Certificates of the proxy and of the other side are verified whatever the
 * environment says.
 */
export const proxyAgent = (proxy: string, { connectTimeoutMs, highWaterMark }: Options): Dispatcher => {
  const tls = {
    rejectUnauthorized: true,
    allowH2: false,
    timeout: connectTimeoutMs,
    ...(highWaterMark === undefined ? {} : { highWaterMark }),
  }
  return new ProxyAgent({
    ...AGENT,
    uri: proxy,
    proxyTls: tls,
    requestTls: tls,
    clientFactory: (origin, options) =>
      new Pool(origin, { ...options, headersTimeout: connectTimeoutMs, bodyTimeout: connectTimeoutMs }),
  })
}

/** Agents by what they are for: the direct one, which the caller made, and one for each proxy, made when needed. */
export class EgressAgents {
  readonly #egress: Egress
  readonly #options: Options
  readonly #proxied = new Map<string, Dispatcher>()

  constructor(egress: Egress, options: Options) {
    this.#egress = egress
    this.#options = options
  }

  /** The agent for an address, `direct` where no proxy is in between. */
  for(address: string | URL, direct: Dispatcher): Dispatcher {
    const proxy = this.#egress.proxyFor(address)
    if (proxy === null) return direct
    const known = this.#proxied.get(proxy)
    if (known) return known
    const made = proxyAgent(proxy, this.#options)
    this.#proxied.set(proxy, made)
    return made
  }

  async destroy(): Promise<void> {
    await Promise.all([...this.#proxied.values()].map((agent) => agent.destroy()))
  }
}

/** `fetch` on the way out of the house, with certificates verified whatever the environment says. */
export const egressFetch = (egress: Egress = DIRECT, connectTimeoutMs: number): typeof globalThis.fetch => {
  const direct = new Agent({ ...AGENT, connect: { timeout: connectTimeoutMs, rejectUnauthorized: true } })
  const agents = new EgressAgents(egress, { connectTimeoutMs })
  const send = (address: string | URL, init?: RequestInit) =>
    fetch(address, { ...(init as object), dispatcher: agents.for(address, direct) })
  return send as unknown as typeof globalThis.fetch
}
