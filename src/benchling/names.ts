import { z } from 'zod'
import type { Clock } from '../base/clock.ts'
import { Fault } from '../base/fault.ts'
import type { Api } from './api.ts'
import { NAMES_MAX, NAMES_REFUSED_TTL_MS, NAMES_TTL_MS } from './limits.ts'
import type { Benchling } from './ports.ts'
import { Remembered } from './remembered.ts'

/** Where objects of a link type are read, and whether the operation knows `returning` (OpenAPI v2). */
const COLLECTIONS: Readonly<Record<string, { path: string; parameter: string; returning: boolean }>> = {
  custom_entity: { path: 'custom-entities', parameter: 'custom_entity_id', returning: true },
  dna_sequence: { path: 'dna-sequences', parameter: 'dna_sequence_id', returning: true },
  aa_sequence: { path: 'aa-sequences', parameter: 'aa_sequence_id', returning: true },
  container: { path: 'containers', parameter: 'container_id', returning: true },
  box: { path: 'boxes', parameter: 'box_id', returning: false },
  plate: { path: 'plates', parameter: 'plate_id', returning: true },
  location: { path: 'locations', parameter: 'location_id', returning: false },
  entry: { path: 'entries', parameter: 'entry_id', returning: true },
}

const named = z.looseObject({ name: z.string() })
/** A single entry comes wrapped, everything else does not. */
const answer = z.union([named, z.looseObject({ entry: named }).transform(({ entry }) => entry)])

const NO_NAME = new Set(['benchling.not_found', 'benchling.forbidden', 'benchling.rejected'])

/**
 * Names of linked objects, remembered for minutes so that an entry with a thousand links to one plate asks once. Types
 * that the API has no name for (batch, user, request …) are null without asking.
 */
export const namesOf = (api: Api, clock: Clock): Pick<Benchling, 'nameOf'> => {
  const held = new Remembered<string | null>(clock, NAMES_MAX)

  const read = async (type: string, id: string, signal: AbortSignal): Promise<string | null> => {
    const collection = COLLECTIONS[type]
    if (!collection) return null
    const { path, parameter, returning } = collection
    const operation = `GET /${path}/{${parameter}}`
    const ask = async (query: Record<string, string>): Promise<{ name: string | null; over: boolean }> => {
      try {
        const json = await api.call(
          { operation, method: 'GET', path: [path, id], query, repeat: 'always' },
          signal,
        )
        const name = answer.safeParse(json).data?.name ?? null
        return { name, over: name !== null }
      } catch (thrown) {
        if (!(thrown instanceof Fault) || !NO_NAME.has(thrown.code)) throw thrown
        return { name: null, over: thrown.code !== 'benchling.rejected' }
      }
    }
    const first = await ask(returning ? { returning: 'name' } : {})
    return first.over || !returning ? first.name : (await ask({})).name
  }

  return {
    nameOf: async (type, id, signal) => {
      if (!Object.hasOwn(COLLECTIONS, type)) return null
      const key = `${type}:${id}`
      const known = held.get(key)
      if (known) return known.value
      const name = await read(type, id, signal)
      held.set(key, name, name === null ? NAMES_REFUSED_TTL_MS : NAMES_TTL_MS)
      return name
    },
  }
}
