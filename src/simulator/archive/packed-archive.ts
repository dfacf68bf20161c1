import { ZipFile } from 'yazl'
import { wholeBuffer } from './byte-source.ts'
import type { VirtualMember } from './virtual-archive.ts'

/** Formats that are compressed already: stored, so that both methods occur in one archive. */
const PACKED_ALREADY = /\.(png|jpe?g|pdf|xlsx|zip|gz|mp4)$/i

/** A ZIP in memory, text deflated, pictures stored: what a small export looks like. Repeated names are kept. */
export const packedArchive = async (members: readonly VirtualMember[], date: Date): Promise<Buffer> => {
  const zip = new ZipFile()
  for (const { name, content } of members)
    zip.addBuffer(wholeBuffer(content), name, { mtime: date, compress: !PACKED_ALREADY.test(name) })
  zip.end()
  const chunks: Buffer[] = []
  for await (const chunk of zip.outputStream) chunks.push(Buffer.from(chunk as Uint8Array))
  return Buffer.concat(chunks)
}
