import { crc32 } from 'node:zlib'
import { type Entry, fromBuffer, type ZipFile } from 'yauzl'

export type ZipMember = { readonly name: string; readonly bytes: Buffer; readonly method: number }

/** Every member of an archive as yauzl reads it, its checksum compared; rejects on a fault of the archive. */
export const unzip = (archive: Buffer): Promise<ZipMember[]> =>
  new Promise((resolve, reject) => {
    // Names stay bytes: decoded ones are refused when they are hostile, which some of ours are on purpose.
    fromBuffer(archive, { lazyEntries: true, decodeStrings: false }, (error, zip) => {
      if (error || !zip) return reject(error)
      const members: ZipMember[] = []
      zip.on('error', reject)
      zip.on('end', () => resolve(members))
      zip.on('entry', (entry: Entry) => {
        contentOf(zip, entry).then((bytes) => {
          const name = (entry.fileName as unknown as Buffer).toString('utf8')
          if (crc32(bytes) !== entry.crc32) return reject(new Error(`checksum of ${name}`))
          members.push({ name, bytes, method: entry.compressionMethod })
          zip.readEntry()
        }, reject)
      })
      zip.readEntry()
    })
  })

const contentOf = (zip: ZipFile, entry: Entry): Promise<Buffer> =>
  new Promise((resolve, reject) => {
    zip.openReadStream(entry, (error, stream) => {
      if (error || !stream) return reject(error)
      const chunks: Buffer[] = []
      stream.on('data', (chunk: Buffer) => chunks.push(chunk))
      stream.on('error', reject)
      stream.on('end', () => resolve(Buffer.concat(chunks)))
    })
  })
