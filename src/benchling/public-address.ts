import { BlockList, isIP } from 'node:net'
import { PRIVATE_SPACE } from '../base/private-space.ts'

type Net = readonly [net: string, bits: number]

const listOf = (nets: readonly Net[]): BlockList => {
  const list = new BlockList()
  for (const [net, bits] of nets) list.addSubnet(net, bits, net.includes(':') ? 'ipv6' : 'ipv4')
  return list
}

/**
 * Where clouds keep credentials for whoever asks: Alibaba, Azure (a public address that only leads to the host), AWS on
 * IPv6 with its whole reserved block, Google on IPv6. The others lie in link-local 169.254.0.0/16.
 */
const METADATA = listOf([
  ['100.100.100.200', 32],
  ['168.63.129.16', 32],
  ['fd00:ec2::', 32],
  ['fd20:ce::254', 128],
])
const LINK_LOCAL = listOf([
  ['169.254.0.0', 16],
  ['fe80::', 10],
])
const LOOPBACK = listOf([
  ['127.0.0.0', 8],
  ['::1', 128],
])
const UNSPECIFIED = listOf([
  ['0.0.0.0', 8],
  ['::', 128],
])
const MULTICAST = listOf([
  ['224.0.0.0', 4],
  ['ff00::', 8],
])
const PRIVATE = listOf(PRIVATE_SPACE)
/** The rest of the IANA special-purpose registries (RFC 6890 and updates): nothing in these is a public server. */
const RESERVED = listOf([
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['240.0.0.0', 4],
  ['2001::', 23],
  ['2001:db8::', 32],
  ['3fff::', 20],
])
/** The only block of IPv6 with public servers. */
const GLOBAL_6 = listOf([['2000::', 3]])

const ALWAYS: readonly (readonly [string, BlockList])[] = [
  ['cloud metadata', METADATA],
  ['link-local', LINK_LOCAL],
  ['loopback', LOOPBACK],
  ['unspecified', UNSPECIFIED],
  ['multicast', MULTICAST],
]

/** Networks in CIDR form as a list to hold addresses against. Throws on anything else: they were checked when parsed. */
export const networks = (cidrs: readonly string[]): BlockList =>
  listOf(
    cidrs.map((cidr): Net => {
      const [net = '', bits] = cidr.split('/')
      return [net, Number(bits)]
    }),
  )

const NONE = networks([])

/**
 * Why nothing may be read from an address, in a word or two; null when it may: an address of the public internet, or a
 * private one in a network the operator named. Metadata, link-local, loopback, unspecified and multicast addresses are
 * refused whatever was named, and so is IPv4 in the disguise of IPv6.
 */
export const addressRefusal = (address: string, named: BlockList = NONE): string | null => {
  const family = isIP(address)
  if (family === 0 || address.includes('%')) return 'not an address'
  const type = family === 4 ? 'ipv4' : 'ipv6'
  if (family === 6) {
    const groups = groupsOf(address)
    if (isNat64(groups)) return addressRefusal(lastIPv4(groups))
    if (isDisguise(groups)) return 'IPv4 in disguise'
  }
  const always = ALWAYS.find(([, list]) => list.check(address, type))
  if (always) return always[0]
  if (PRIVATE.check(address, type)) return named.check(address, type) ? null : 'private'
  if (RESERVED.check(address, type) || (family === 6 && !GLOBAL_6.check(address, type))) return 'reserved'
  return null
}

/** The eight groups of an IPv6 address, however it is written. */
const groupsOf = (address: string): number[] => {
  const [head = '', tail] = new URL(`http://[${address}]`).hostname.slice(1, -1).split('::')
  const numbers = (part: string) =>
    part === '' ? [] : part.split(':').map((group) => Number.parseInt(group, 16))
  const [before, after] = [numbers(head), numbers(tail ?? '')]
  return [...before, ...Array<number>(8 - before.length - after.length).fill(0), ...after]
}

const begins = (groups: readonly number[], ...with_: readonly number[]): boolean =>
  with_.every((group, at) => groups[at] === group)

/** RFC 6052: an IPv4 address seen through NAT64, as S3 is on IPv6-only subnets. What counts is the address inside. */
const isNat64 = (groups: readonly number[]): boolean => begins(groups, 0x64, 0xff9b, 0, 0, 0, 0)

const lastIPv4 = (groups: readonly number[]): string =>
  groups
    .slice(6)
    .flatMap((group) => [group >> 8, group & 255])
    .join('.')

/**
 * Forms that carry an IPv4 address by some tunnel or translator, so that a check of the form says nothing about where
 * they lead: mapped, translated and compatible, local NAT64 (RFC 8215), 6to4, Teredo, ISATAP. No server needs them.
 */
const isDisguise = (groups: readonly number[]): boolean =>
  begins(groups, 0, 0, 0, 0, 0, 0xffff) ||
  begins(groups, 0, 0, 0, 0, 0xffff, 0) ||
  (begins(groups, 0, 0, 0, 0, 0, 0) && (groups[6] !== 0 || groups[7]! > 1)) ||
  begins(groups, 0x64, 0xff9b, 1) ||
  begins(groups, 0x2002) ||
  begins(groups, 0x2001, 0) ||
  (groups[5] === 0x5efe && (groups[4] === 0 || groups[4] === 0x200))
