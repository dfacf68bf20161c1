import { Fault } from '../base/fault.ts'
import { usedUp } from '../base/single-use.ts'
import { ChunkedHasher } from '../quilt/chunked-hash.ts'
import type { LogicalKey, ObjectHash } from '../quilt/types.ts'
import type { Body, ObjectStore, Place, Revision, StoredObject, Upload } from './ports.ts'
import type { Reuse } from './reuse.ts'

/**
 * Streams a body into the store, hashed while the bytes are under way. Nothing is kept unless all of them came.
 * Content that the current revision already holds in this registry is not kept twice where it may be used again.
 */
export const storeObject = async (
  store: ObjectStore,
  reuse: Reuse,
  place: Place,
  body: Body,
  current: Revision | null,
  signal: AbortSignal,
): Promise<StoredObject> => {
  const upload = await store.begin(place, body.size, signal)
  try {
    const hash = await transfer(body, upload, signal)
    const object = { logicalKey: place.key, size: body.size, hash }
    const held = current && heldBy(current, store.url, place.key, contentId(body.size, hash))
    const reusable = held && reuse.fits(place, held) && (await reuse.has(held, signal))
    if (!reusable) return { ...object, physicalKey: await upload.commit(hash) }
    await upload.abort()
    return { ...object, physicalKey: held }
  } catch (thrown) {
    await upload.abort().catch(() => {}) // the first fault is the one to tell
    throw thrown
  }
}

const transfer = async (body: Body, upload: Upload, signal: AbortSignal): Promise<ObjectHash> => {
  const hasher = new ChunkedHasher(body.size)
  for await (const chunk of body.chunks) {
    signal.throwIfAborted()
    if (hasher.bytes + chunk.length > body.size) throw wrongSize(body.size, 'more')
    const written = upload.write(chunk)
    hasher.update(chunk)
    await written
    usedUp(chunk)
  }
  signal.throwIfAborted()
  if (hasher.bytes !== body.size) throw wrongSize(body.size, 'fewer')
  return hasher.digest()
}

const wrongSize = (size: number, came: string): Fault =>
  new Fault('internal', { size, problem: `a body gave ${came} bytes than it declared` })

const contentId = (size: number, hash: ObjectHash): string => `${size} ${hash.type} ${hash.value}`

type Contents = ReadonlyMap<string, string>

/** Content ▸ physical key of a revision, by itself and under each logical key. Made once: a run asks for every member. */
const contents = new WeakMap<Revision, Contents>()

/** Where the revision has this content: under the same key if it can be, so that an unchanged file stays as it is named. */
const heldBy = (revision: Revision, url: string, key: LogicalKey, id: string): string | undefined => {
  const known = contents.get(revision) ?? contentsOf(revision, url)
  contents.set(revision, known)
  return known.get(`${id} ${key}`) ?? known.get(id)
}

const contentsOf = (revision: Revision, url: string): Contents =>
  new Map(
    revision.entries
      .filter(({ physicalKey }) => physicalKey.startsWith(`${url}/`))
      .flatMap(({ logicalKey, size, hash, physicalKey }) => {
        const id = contentId(size, hash)
        return [
          [id, physicalKey],
          [`${id} ${logicalKey}`, physicalKey],
        ]
      }),
  )
