import { bufferSource, lazySource } from '../archive/byte-source.ts'
import type { Attachment } from '../entries/sample.ts'
import { mediaType } from '../media-type.ts'

/** An attachment of a sample entry; `content` may be made when it is first read. */
export const attachment = (
  id: string,
  name: string,
  content: Uint8Array | (() => Uint8Array),
): Attachment => ({
  id,
  name,
  type: mediaType(name),
  content: typeof content === 'function' ? lazySource(content) : bufferSource(content),
  scanned: true,
})
