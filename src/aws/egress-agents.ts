import { Agent as HttpAgent } from 'node:http'
import { Agent as HttpsAgent } from 'node:https'
import type { Duplex } from 'node:stream'
import type { Egress } from '../base/egress.ts'

/** Certificates are verified whatever the environment says. */
const STRICT = { rejectUnauthorized: true } as const

type Options = {
  readonly keepAlive: boolean
  readonly maxSockets: number
  /** How long a proxy may take for a tunnel, in ms. */
  readonly tunnelTimeoutMs: number
}

/**
 * Asks the egress for each connection, because hosts differ within one client: a bucket has its own. The tunnel is
 * Node's (`proxyEnv`, Node 24.5), the decision ours, so that all of this service reads NO_PROXY in the same way.
 */
class EgressAgent extends HttpsAgent {
  readonly #egress: Egress
  readonly #options: Options
  readonly #tunnels = new Map<string, HttpsAgent>()

  constructor(egress: Egress, options: Options) {
    super({ ...options, ...STRICT })
    this.#egress = egress
    this.#options = options
  }

  override createConnection(
    options: Parameters<HttpsAgent['createConnection']>[0],
    callback?: Parameters<HttpsAgent['createConnection']>[1],
  ): Duplex | null | undefined {
    const { host = 'localhost', port = 443 } = options as { host?: string; port?: number | string }
    const proxy = this.#egress.proxyFor(`https://${host.includes(':') ? `[${host}]` : host}:${port}`)
    if (proxy === null) return super.createConnection(options, callback)
    return this.#tunnel(proxy).createConnection(
      { ...options, timeout: this.#options.tunnelTimeoutMs },
      callback,
    )
  }

  /** It only makes connections: the sockets are this agent's to keep and to close. */
  #tunnel(proxy: string): HttpsAgent {
    const known = this.#tunnels.get(proxy)
    if (known) return known
    const made = new HttpsAgent({ ...this.#options, ...STRICT, proxyEnv: { HTTPS_PROXY: proxy } })
    this.#tunnels.set(proxy, made)
    return made
  }
}

/** The agents of an SDK client. Plain HTTP only goes to an endpoint that was named, so its way is known beforehand. */
export const agentsOf = (
  egress: Egress,
  endpoint: string | undefined,
  options: Options,
): { readonly httpAgent: HttpAgent; readonly httpsAgent: HttpsAgent } => {
  const proxy = endpoint?.startsWith('http:') ? egress.proxyFor(endpoint) : null
  return {
    httpAgent: new HttpAgent({ ...options, ...(proxy === null ? {} : { proxyEnv: { HTTP_PROXY: proxy } }) }),
    httpsAgent: new EgressAgent(egress, options),
  }
}
