import { BlockList, isIP } from 'node:net'

/** What is reached directly although a proxy is set: one entry of NO_PROXY. `port` null: every port. */
type Bypass = { readonly port: number | null; readonly matches: (host: string) => boolean }

/**
 * The way out of the house: which proxy, if any, a request to an address goes through. This machine itself is always
 * reached directly. Addresses of proxies may hold a password, so they are in private fields, which neither a log nor an
 * inspector shows.
 */
export class Egress {
  readonly #http: string | null
  readonly #https: string | null
  readonly #bypasses: readonly Bypass[]

  constructor(http: string | null, https: string | null, bypasses: readonly Bypass[]) {
    this.#http = http
    this.#https = https
    this.#bypasses = bypasses
  }

  /** The proxy for an `http:` or `https:` address, password included; null: directly. */
  proxyFor(address: string | URL): string | null {
    const url = new URL(address)
    const proxy = url.protocol === 'https:' ? this.#https : this.#http
    if (proxy === null) return null
    const host = bare(url.hostname)
    const port = url.port === '' ? (url.protocol === 'https:' ? 443 : 80) : Number(url.port)
    const direct = isThisMachine(host) || this.#bypasses.some((b) => fits(b, host, port))
    return direct ? null : proxy
  }

  /** The proxies without their passwords, for a log line at start; empty when everything goes directly. */
  get proxies(): readonly string[] {
    const shown = [this.#https, this.#http].flatMap((proxy) => (proxy === null ? [] : new URL(proxy).origin))
    return [...new Set(shown)]
  }
}

/** No proxy at all. */
export const DIRECT = new Egress(null, null, [])

/**
 * Reads HTTPS_PROXY, HTTP_PROXY and NO_PROXY; the names in small letters win, as with curl. `problems` names what is
 * wrong without repeating a value: a proxy is `http://` or `https://`, with a port, user and password where needed, and
 * nothing after it. NO_PROXY holds, between commas or spaces, hosts (`example.org` and `.example.org`: it and everything
 * below; `*.example.org`: what is below), addresses, networks (`10.0.0.0/8`), each with a port where only that is meant,
 * or `*` for everything. Names are not resolved to be held against networks.
 */
export const parseEgress = (
  environment: Readonly<Record<string, string | undefined>>,
): { readonly egress: Egress; readonly problems: readonly string[] } => {
  const given = (name: string) => environment[name.toLowerCase()]?.trim() || environment[name]?.trim() || null
  const problems: string[] = []
  const proxy = (name: string): string | null => {
    const text = given(name)
    const read = text === null ? null : proxyAddress(text)
    if (text !== null && read === null)
      problems.push(`${name} must be an address like http://proxy.example.org:3128, without a path.`)
    return read
  }
  const [http, https] = [proxy('HTTP_PROXY'), proxy('HTTPS_PROXY')]
  const bypasses = (given('NO_PROXY') ?? '').split(/[,\s]+/).flatMap((entry) => bypassOf(entry) ?? [])
  return { egress: new Egress(http, https, bypasses), problems }
}

const proxyAddress = (text: string): string | null => {
  const address = /^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `http://${text}`
  const url = URL.canParse(address) ? new URL(address) : null
  if (!url || !/^https?:$/.test(url.protocol) || url.hostname === '') return null
  if (url.pathname !== '/' || url.search !== '' || url.hash !== '') return null
  try {
    decodeURIComponent(url.username + url.password)
  } catch {
    return null
  }
  return url.href
}

/** As it is compared: small letters, an IPv6 address without brackets, a name without the dot of the root. */
const bare = (host: string): string =>
  host
    .toLowerCase()
    .replace(/^\[|\]$/g, '')
    .replace(/(.)\.$/, '$1')

const isThisMachine = (host: string): boolean =>
  host === 'localhost' ||
  host.endsWith('.localhost') ||
  host === '::1' ||
  (isIP(host) === 4 && host.startsWith('127.'))

const fits = (bypass: Bypass, host: string, port: number): boolean =>
  (bypass.port === null || bypass.port === port) && bypass.matches(host)

const bypassOf = (entry: string): Bypass | null => {
  const [, inBrackets, plain, digits] = /^(?:\[(.+)\]|([^:]+))(?::(\d{1,5}))?$/.exec(entry) ?? []
  const text = bare(inBrackets ?? plain ?? entry)
  if (text === '') return null
  const port = digits === undefined ? null : Number(digits)
  if (text === '*') return { port, matches: () => true }
  const network = networkOf(text)
  if (network) return { port, matches: network }
  if (text.startsWith('*.')) return { port, matches: (host) => host.endsWith(text.slice(1)) }
  const name = text.replace(/^\./, '')
  return { port, matches: (host) => host === name || host.endsWith(`.${name}`) }
}

const networkOf = (text: string): ((host: string) => boolean) | null => {
  const [, net = '', bits] = /^([0-9a-f.:]+)\/(\d{1,3})$/.exec(text) ?? []
  const family = isIP(net)
  if (family === 0 || Number(bits) > (family === 4 ? 32 : 128)) return null
  const type = family === 4 ? 'ipv4' : 'ipv6'
  const list = new BlockList()
  list.addSubnet(net, Number(bits), type)
  return (host) => isIP(host) === family && list.check(host, type)
}
