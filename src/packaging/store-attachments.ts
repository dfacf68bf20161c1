import { mapConcurrent } from '../base/concurrency.ts'
import { Fault } from '../base/fault.ts'
import type { ExternalFile } from '../benchling/ports.ts'
import type { LogicalKey } from '../quilt/types.ts'
import type { StoredObject } from '../registry/ports.ts'
import type { Attachment } from './attachments.ts'
import type { PackagingPorts } from './ports.ts'
import { type Origin, originOf, type Shelf } from './shelf.ts'

/** Attachments of one entry fetched at once. */
const FETCHED_AT_ONCE = 3
/** What a connection holds while it is read: Node's socket and decoder buffers, generously. */
const CONNECTION_BYTES = 256 * 1024

export type PlacedAttachment = { readonly attachment: Attachment; readonly key: LogicalKey }

const attachmentOrigin = ({ id, name, size }: Attachment): Origin => originOf('attachment', id, name, size)

/**
 * Fetches the attachments an export lacked, in the order given. Each address is asked for right before it is used,
 * because it is good for a short time only.
 */
export const storeAttachments = (
  its: {
    readonly entryId: string
    readonly placed: readonly PlacedAttachment[]
    readonly ports: PackagingPorts
    readonly shelf: Shelf
  },
  signal: AbortSignal,
): Promise<StoredObject[]> => {
  const { entryId, shelf } = its
  const { benchling, registry, budget, limits } = its.ports
  return mapConcurrent(
    its.placed,
    FETCHED_AT_ONCE,
    async ({ attachment, key }, inner) => {
      const origin = attachmentOrigin(attachment)
      const before = await shelf.recall(key, origin, inner)
      if (before) return before
      const upload = registry.uploadBuffer(attachment.size ?? limits.maxBytes)
      using _memory = await budget.take(CONNECTION_BYTES + upload, inner)
      const file = await benchling.externalFile(entryId, attachment.id, inner)
      return fetched(file, inner, (body) => shelf.keep(key, origin, body, inner))
    },
    signal,
  )
}

const fetched = async <T>(
  file: ExternalFile,
  signal: AbortSignal,
  use: (body: { size: number; chunks: AsyncIterable<Uint8Array> }) => Promise<T>,
): Promise<T> => {
  const answer = await file.download.get(null, signal)
  try {
    const size = answer.total ?? file.size
    if (size === null)
      throw new Fault(
        'export.download_failed',
        { file: file.id },
        { detail: 'The size of an attachment is unknown.' },
      )
    return await use({ size, chunks: exactly(size, answer.body, file.id) })
  } finally {
    answer.cancel()
  }
}

/** The same chunks; throws when they are not as many bytes as announced. */
async function* exactly(
  size: number,
  chunks: AsyncIterable<Uint8Array>,
  file: string,
): AsyncGenerator<Uint8Array> {
  let received = 0
  for await (const chunk of chunks) {
    received += chunk.byteLength
    if (received > size) break
    yield chunk
  }
  if (received !== size)
    throw new Fault(
      'export.download_failed',
      { file, size, received },
      { detail: 'An attachment broke off.' },
    )
}
