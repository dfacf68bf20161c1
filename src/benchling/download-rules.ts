import type { LookupAddress } from 'node:dns'
import { lookup as dnsLookup } from 'node:dns/promises'
import { isIP, type LookupFunction } from 'node:net'
import { Fault } from '../base/fault.ts'
import { DOWNLOAD_ADDRESS_MAX_CHARACTERS } from './limits.ts'
import { addressRefusal, networks } from './public-address.ts'

/** Where exports and attachments may be read from. */
export type DownloadRules = {
  /** Hosts: `.example.org` for everything below it, `files.example.org` for exactly this one. HTTPS on port 443 only. */
  readonly hosts: readonly string[]
  /** Exact origins that are allowed as they are, address and scheme unchecked: the simulator's `http://127.0.0.1:1234`. */
  readonly allowOrigins: readonly string[]
  /** Private networks in CIDR form whose addresses a host may have; none unless the operator named them. */
  readonly privateNetworks?: readonly string[]
  /** How a host is resolved; the system's way unless a test says otherwise. */
  readonly resolve?: (host: string) => Promise<readonly LookupAddress[]>
}

/** What `guardedLookup` fails with when no address of a host may be used; `why` is the refusal of the first of them. */
export class AddressRefused extends Error {
  readonly code = 'ADDRESS_REFUSED'
  readonly why: string

  constructor(why: string) {
    super(`address refused: ${why}`)
    this.name = 'AddressRefused'
    this.why = why
  }
}

export type Admission = { readonly url: URL; readonly guarded: boolean }

/** How signed addresses begin. Other spellings are read differently by different programs, so none is read here. */
const PLAIN = /^https:\/\/[a-z0-9._-]+(?::443)?(?:[/?#]|$)/i
const CONTROL = /\p{Cc}/u
/** RFC 1035 §2.3.4, with the underscores that old buckets have. */
const NAME =
  /^(?=.{1,253}$)(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?\.)*[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/
/** Names by which clouds serve credentials, and this machine itself, whatever the operator allowed. */
const NEVER =
  /^(?:metadata\.google\.internal|metadata\.goog|instance-data(?:\.ec2\.internal)?|(?:.+\.)?localhost)$/

/**
 * Lets an address in or throws `export.host_refused` (facts: the host and why, never path or query).
 * `guarded`: connect only through `guardedLookup`.
 */
export const admit = (address: string | URL, rules: DownloadRules): Admission => {
  const text = String(address)
  if (text.length > DOWNLOAD_ADDRESS_MAX_CHARACTERS)
    throw new Fault('export.host_refused', { reason: 'too long' })
  const url = URL.canParse(text) ? new URL(text) : null
  if (!url) throw new Fault('export.host_refused', { reason: 'not an address' })
  const refuse = (reason: string) => new Fault('export.host_refused', { host: url.host, reason })
  if (url.username || url.password) throw refuse('carries credentials')
  if (CONTROL.test(text)) throw refuse('unusual spelling')
  if (rules.allowOrigins.includes(url.origin)) return { url, guarded: false }
  if (url.protocol !== 'https:') throw refuse('not https')
  if (url.port !== '') throw refuse('unusual port')
  const { hostname } = url
  if (isIP(hostname.replace(/^\[|\]$/g, ''))) throw refuse('an address instead of a name')
  if (!PLAIN.test(text)) throw refuse('unusual spelling')
  if (!NAME.test(hostname)) throw refuse('not a host name')
  if (NEVER.test(hostname)) throw refuse('never a file host')
  if (!rules.hosts.some((host) => fits(hostname, host.toLowerCase()))) throw refuse('host not allowed')
  return { url, guarded: true }
}

const fits = (hostname: string, allowed: string): boolean =>
  allowed.startsWith('.') ? allowed.length > 1 && hostname.endsWith(allowed) : hostname === allowed

/**
 * Resolves for the connection itself, so that the address that was checked is the address that is used. Addresses
 * that may not be used are left out; when none is left the connection fails with `AddressRefused`.
 */
export const guardedLookup = (rules: DownloadRules): LookupFunction => {
  const resolve = rules.resolve ?? ((host: string) => dnsLookup(host, { all: true }))
  const named = networks(rules.privateNetworks ?? [])
  return (hostname, options, callback) => {
    resolve(hostname).then(
      (all) => {
        const judged = all.map((found) => ({ found, why: addressRefusal(found.address, named) }))
        const family = familyOf(options.family)
        const usable = judged
          .filter(({ found, why }) => why === null && (family === 0 || found.family === family))
          .map(({ found }) => found)
        const first = usable[0]
        if (!first) callback(new AddressRefused(judged[0]?.why ?? 'no address'), '', 4)
        else if (options.all) callback(null, usable)
        else callback(null, first.address, first.family)
      },
      (thrown: NodeJS.ErrnoException) => callback(thrown, '', 4),
    )
  }
}

const familyOf = (family: number | 'IPv4' | 'IPv6' | undefined): number =>
  family === 'IPv4' ? 4 : family === 'IPv6' ? 6 : (family ?? 0)
