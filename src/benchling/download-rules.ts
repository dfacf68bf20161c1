import type { LookupAddress } from 'node:dns'
import { lookup as dnsLookup } from 'node:dns/promises'
import { isIP, type LookupFunction } from 'node:net'
import { Fault } from '../base/fault.ts'
import { isPublicAddress } from './public-address.ts'

/** Where exports and attachments may be read from. */
export type DownloadRules = {
  /** Hosts: `.example.org` for everything below it, `files.example.org` for exactly this one. HTTPS on port 443 only. */
  readonly hosts: readonly string[]
  /** Exact origins that are allowed as they are, address and scheme unchecked: the simulator's `http://127.0.0.1:1234`. */
  readonly allowOrigins: readonly string[]
  /** How a host is resolved; the system's way unless a test says otherwise. */
  readonly resolve?: (host: string) => Promise<readonly LookupAddress[]>
}

/** Benchling's exports lie in S3 buckets of its regions, some files on its own hosts (benchling-platform.md §7). */
export const DEFAULT_DOWNLOAD_HOSTS = ['.amazonaws.com', '.benchling.com'] as const

/** What `lookup` fails with when no address of a host may be used. */
export const ADDRESS_REFUSED = 'ADDRESS_REFUSED'

export type Admission = { readonly url: URL; readonly guarded: boolean }

/**
 * Lets an address in or throws `export.host_refused` (facts: the host and why, never path or query).
 * `guarded`: connect only through `guardedLookup`.
 */
export const admit = (address: string | URL, rules: DownloadRules): Admission => {
  const url = URL.canParse(String(address)) ? new URL(address) : null
  if (!url) throw new Fault('export.host_refused', { reason: 'not an address' })
  const refuse = (reason: string) => new Fault('export.host_refused', { host: url.host, reason })
  if (url.username || url.password) throw refuse('carries credentials')
  if (rules.allowOrigins.includes(url.origin)) return { url, guarded: false }
  if (url.protocol !== 'https:') throw refuse('not https')
  if (url.port !== '') throw refuse('unusual port')
  if (isIP(url.hostname.replace(/^\[|\]$/g, ''))) throw refuse('an address instead of a name')
  if (!rules.hosts.some((host) => fits(url.hostname, host.toLowerCase()))) throw refuse('host not allowed')
  return { url, guarded: true }
}

const fits = (hostname: string, allowed: string): boolean =>
  allowed.startsWith('.') ? allowed.length > 1 && hostname.endsWith(allowed) : hostname === allowed

/**
 * Resolves for the connection itself, so that the address that was checked is the address that is used. Addresses
 * that are not public are left out; when none is left the connection fails with `ADDRESS_REFUSED`.
 */
export const guardedLookup = (rules: DownloadRules): LookupFunction => {
  const resolve = rules.resolve ?? ((host: string) => dnsLookup(host, { all: true }))
  return (hostname, options, callback) => {
    resolve(hostname).then(
      (all) => {
        const family =
          options.family === 4 || options.family === 'IPv4'
            ? 4
            : options.family === 6 || options.family === 'IPv6'
              ? 6
              : 0
        const usable = all.filter((a) => isPublicAddress(a.address) && (family === 0 || a.family === family))
        const first = usable[0]
        if (!first) callback(Object.assign(new Error(ADDRESS_REFUSED), { code: ADDRESS_REFUSED }), '', 4)
        else if (options.all) callback(null, usable)
        else callback(null, first.address, first.family)
      },
      (thrown: NodeJS.ErrnoException) => callback(thrown, '', 4),
    )
  }
}
