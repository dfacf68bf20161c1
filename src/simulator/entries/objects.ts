import { notFound } from '../api-error.ts'
import type { LinkedObject } from './sample.ts'

/** Where the v2 API answers for a type of link. */
export const COLLECTIONS: Readonly<Record<string, string>> = {
  custom_entity: 'custom-entities',
  dna_sequence: 'dna-sequences',
  aa_sequence: 'aa-sequences',
  box: 'boxes',
  container: 'containers',
  location: 'locations',
  plate: 'plates',
  folder: 'folders',
  project: 'projects',
  request: 'requests',
  user: 'users',
}

/** Registry entities have addresses of their own in the API; inventory has not. */
const ENTITIES = new Set(['custom_entity', 'dna_sequence', 'aa_sequence'])

/** Things entries link to. Users are visible only when they are in the app's organisation (benchling-platform.md §4.6). */
export class LinkedObjects {
  readonly #objects = new Map<string, LinkedObject>()

  add(object: LinkedObject): void {
    this.#objects.set(object.id, object)
  }

  /** The name behind an id, null when nothing is known. */
  nameOf(id: string): string | null {
    return this.#objects.get(id)?.name ?? null
  }

  /** The answer of `GET /api/v2/<collection>/<id>`; throws 404. */
  answer(type: string, id: string, origin: string): Record<string, unknown> {
    const object = this.#objects.get(id)
    if (!object || object.type !== type) throw notFound(label(type), id)
    if (type === 'user')
      return {
        id,
        handle: object.name.toLowerCase().replace(/[^a-z]+/g, '.'),
        name: object.name,
        email: `${id.toLowerCase()}@acme.test`,
        isSuspended: false,
        ...object.more,
      }
    if (type === 'request') return { id, displayId: object.name, ...object.more }
    if (type === 'folder')
      return { id, name: object.name, parentFolderId: null, archiveRecord: null, ...object.more }
    if (type === 'project') return { id, name: object.name, archiveRecord: null, ...object.more }
    const addresses = ENTITIES.has(type) && {
      apiURL: `${origin}/api/v2/${COLLECTIONS[type]}/${id}`,
      webURL: `${origin}/acme/f/lib_R8KcsjhW-registry/${id}/edit`,
    }
    return { id, name: object.name, archiveRecord: null, ...addresses, ...object.more }
  }
}

const label = (type: string): string => type.charAt(0).toUpperCase() + type.slice(1).replaceAll('_', ' ')
