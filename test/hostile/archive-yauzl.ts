import { buffer } from 'node:stream/consumers'
import * as yauzl from 'yauzl'
import type { Content } from '../export/archives.ts'
import { each, type Reading, refusal } from './archive-reading.ts'

/** yauzl with its defaults: it checks names and sizes, and no checksums. */
export const yauzlReads = async (bytes: Buffer): Promise<Reading> => {
  try {
    const zip = await yauzl.fromBufferPromise(bytes)
    const found: Content[] = []
    for await (const entry of zip.eachEntry())
      if (!entry.fileName.endsWith('/'))
        found.push({ name: entry.fileName, data: await buffer(await zip.openReadStreamPromise(entry)) })
    return each(found)
  } catch (thrown) {
    return refusal(thrown)
  }
}
