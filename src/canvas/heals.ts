import type { Fault } from '../base/fault.ts'

/** True for what a later look may find healed. */
export const heals = ({ entry, code }: Fault): boolean => entry.class === 'again' && code !== 'internal'
