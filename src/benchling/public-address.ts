import { BlockList, isIP } from 'node:net'

/** IANA special-purpose registries (RFC 6890 and updates): nothing in these is a public server. */
const NOT_PUBLIC_4 = [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
] as const

/** Within 2000::/3, the only block with public servers: protocol assignments and Teredo, documentation, 6to4. */
const NOT_PUBLIC_6 = [
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['3fff::', 20],
] as const

const blocked = new BlockList()
for (const [net, bits] of NOT_PUBLIC_4) blocked.addSubnet(net, bits, 'ipv4')
for (const [net, bits] of NOT_PUBLIC_6) blocked.addSubnet(net, bits, 'ipv6')

const global6 = new BlockList()
global6.addSubnet('2000::', 3, 'ipv6')

/** RFC 6052: an IPv4 address seen through NAT64, as S3 is on IPv6-only subnets. What counts is the address inside. */
const NAT64 = /^64:ff9b::(?:([0-9a-f]{1,4}):)?([0-9a-f]{1,4})$/

/**
 * True for an address of the public internet: not loopback, private, link-local, metadata, unique-local, multicast,
 * documentation or IPv4 in disguise (mapped, 6to4, Teredo). Anything that is not an IP address is not public.
 */
export const isPublicAddress = (address: string): boolean => {
  if (address.includes('%')) return false
  const family = isIP(address)
  if (family === 4) return !blocked.check(address, 'ipv4')
  if (family !== 6) return false
  const inside = NAT64.exec(new URL(`http://[${address}]`).hostname.slice(1, -1))
  if (inside) {
    const [high, low] = [Number.parseInt(inside[1] ?? '0', 16), Number.parseInt(inside[2] ?? '0', 16)]
    return isPublicAddress(`${high >> 8}.${high & 255}.${low >> 8}.${low & 255}`)
  }
  return global6.check(address, 'ipv6') && !blocked.check(address, 'ipv6')
}
