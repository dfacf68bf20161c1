import type { Key, Kind } from './ports.ts'

export const KINDS: readonly Kind[] = ['entry', 'canvas', 'place', 'tenant']

/** The kind of work a key asks for. */
export const kindOf = (key: Key): Kind => key.slice(0, key.indexOf(':')) as Kind

/** Runs side by side in one process, by kind. */
export type Concurrency = Readonly<Record<Kind, number>>

/**
 * Each kind has lanes of its own, so that canvases tell the truth while every lane for entries is busy with a long
 * export. `entries` is what costs memory and bandwidth; the others are a few API calls each.
 */
export const lanesFor = (entries: number): Concurrency => ({ entry: entries, canvas: 4, place: 2, tenant: 1 })
