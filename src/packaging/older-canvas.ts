import { z } from 'zod'
import { Fault } from '../base/fault.ts'
import type { Json } from '../base/json.ts'
import type { Registry, Revision } from '../registry/ports.ts'
import { DOCUMENT_KEYS } from './documents/document-keys.ts'

/** An `entry.json` is under 1,000,000 bytes, because it is one line of the manifest; this also bounds what we parse. */
const ENTRY_JSON_BYTES = 1_000_000

const CANVAS_ID = /^cnvs_[A-Za-z0-9]{1,64}$/

const shape = z.looseObject({ entry_id: z.string(), canvas_id: z.string().regex(CANVAS_ID) })

/**
 * The canvas that a package of the known system names in its metadata (peer-service.md §2.4, `canvas_id`), if it is a
 * canvas of this entry. The metadata is in the manifest's header; where it lacks the canvas, `entry.json` is read, which may
 * be newer than what its packager took. Null for whatever cannot be read as one. Throws what passes (`store.*`).
 */
export const olderCanvas = async (
  revision: Revision,
  entryId: string,
  registry: Pick<Registry, 'open'>,
  signal: AbortSignal,
): Promise<string | null> =>
  canvasIn(revision.header.user_meta ?? null, entryId) ??
  canvasIn(await entryJson(revision, registry, signal), entryId)

const canvasIn = (metadata: Json, entryId: string): string | null => {
  const read = shape.safeParse(metadata)
  return read.success && read.data.entry_id === entryId ? read.data.canvas_id : null
}

const entryJson = async (
  { entries }: Revision,
  registry: Pick<Registry, 'open'>,
  signal: AbortSignal,
): Promise<Json> => {
  const entry = entries.find(({ logicalKey }) => logicalKey === DOCUMENT_KEYS.entry)
  if (!entry || entry.size > ENTRY_JSON_BYTES) return null
  const chunks: Uint8Array[] = []
  let size = 0
  try {
    for await (const chunk of registry.open(entry.physicalKey, signal)) {
      size += chunk.length
      if (size > ENTRY_JSON_BYTES) return null
      chunks.push(chunk)
    }
    return JSON.parse(Buffer.concat(chunks).toString()) as Json
  } catch (thrown) {
    const lasts = thrown instanceof SyntaxError || (thrown instanceof Fault && thrown.entry.class === 'never')
    if (lasts) return null
    throw thrown
  }
}
