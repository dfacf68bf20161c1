import type { Fault } from '../base/fault.ts'

/** True for what a later look may find healed. */
export const heals = ({ entry, code }: Fault): boolean => entry.class === 'again' && code !== 'internal'

/**
 * True for what keeps Benchling from being read for the moment. An answer that nobody understands may stay as it is, and
 * does not keep us from drawing: the canvas must not stay locked for it.
 */
export const passes = (fault: Fault): boolean => heals(fault) && fault.code !== 'benchling.unexpected_answer'
