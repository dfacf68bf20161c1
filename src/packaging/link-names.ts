import { z } from 'zod'
import { mapConcurrent } from '../base/concurrency.ts'
import type { Benchling } from '../benchling/ports.ts'
import type { Revision } from '../registry/ports.ts'
import type { Reference } from './entry-links.ts'

/** Most names asked for in one run: each is a request out of the 300 in 30 s that the app has. */
export const NAMES_ASKED = 200
const ASKED_AT_ONCE = 4

/** Links that are addresses, not objects with a name of their own. */
const NAMELESS: ReadonlySet<string> = new Set(['link'])

/**
 * Names of linked objects by id. Where Benchling gives none now (no permission, gone, not asked), the name in the current
 * revision stays: a failed look-up must not make a package differ. Objects whose name is not known yet are asked first.
 */
export const linkNames = async (
  references: readonly Reference[],
  current: Revision | null,
  benchling: Benchling,
  signal: AbortSignal,
): Promise<Map<string, string | null>> => {
  const known = knownNames(current)
  const named = references.flatMap(({ id, type }) =>
    id === null || NAMELESS.has(type) ? [] : [{ id, type }],
  )
  const asked = [...named.filter(({ id }) => !known.has(id)), ...named.filter(({ id }) => known.has(id))]
  const answers = await mapConcurrent(
    asked.slice(0, NAMES_ASKED),
    ASKED_AT_ONCE,
    async ({ id, type }, inner) => [id, await benchling.nameOf(type, id, inner)] as const,
    signal,
  )
  const now = new Map(answers)
  return new Map(named.map(({ id }) => [id, now.get(id) ?? known.get(id) ?? null]))
}

const namedLinks = z.array(z.object({ id: z.string(), name: z.string() }).catch({ id: '', name: '' }))

const knownNames = (current: Revision | null): Map<string, string> => {
  const links = namedLinks.safeParse(current?.header.user_meta?.links)
  return new Map(links.success ? links.data.flatMap(({ id, name }) => (id ? [[id, name] as const] : [])) : [])
}
