/**
 * Address space that never is the internet, each with the number of its fixed bits: RFC 1918, RFC 6598 and RFC 4193.
 * An operator may name networks in it that downloads are allowed to reach.
 */
export const PRIVATE_SPACE = [
  ['10.0.0.0', 8],
  ['172.16.0.0', 12],
  ['192.168.0.0', 16],
  ['100.64.0.0', 10],
  ['fc00::', 7],
] as const
