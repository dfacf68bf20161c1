import { crc32 } from 'node:zlib'
import type { Archive, Member, Span } from '../../src/export/archive.ts'

/** An archive whose members are at hand, two to a span; for tests of what is done with an archive, not of reading one. */
export const memoryArchive = (files: Readonly<Record<string, string>>): Archive => {
  const bodies = Object.values(files).map((text) => Buffer.from(text))
  const members = Object.keys(files).map((name, index): Member => {
    const { length } = bodies[index]!
    return {
      index,
      name,
      size: length,
      compressedSize: length,
      crc32: crc32(bodies[index]!),
      method: 'stored',
      localHeaderOffset: index,
    }
  })
  let requests = 1
  return {
    members,
    archiveBytes: bodies.reduce((sum, { length }) => sum + length, 0),
    get requests() {
      return requests
    },
    [Symbol.dispose]: () => {},
    spans: (wanted) =>
      Array.from({ length: Math.ceil(wanted.length / 2) }, (_, n): Span => {
        const pair = wanted.slice(2 * n, 2 * n + 2)
        return { members: pair, start: 0, end: 0, buffer: 1024 }
      }),
    async *read(span) {
      requests++
      for (const member of span.members) {
        const chunks = (async function* () {
          yield bodies[member.index]!
        })()
        yield { member, size: member.size, chunks }
      }
    },
  }
}
