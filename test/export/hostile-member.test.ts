import { deflateRawSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { type ZipMember, zipBytes } from '../support/zip-bytes.ts'
import { contentOf, noise, open, served } from './archives.ts'

const SMALL = Buffer.from('alpha '.repeat(1000))
const LARGE = Buffer.concat([noise(2_000_000), Buffer.alloc(1_000_000, 'csv,')])
const never = new AbortController().signal

/** Reads the last member of an archive and returns its fault, and how many bytes had come before it. */
const faultOf = (members: readonly ZipMember[]): Promise<{ thrown: unknown; bytes: number }> =>
  served(zipBytes(members).bytes, {}, async ({ download }) => {
    const archive = await open(download)
    let bytes = 0
    try {
      for (const span of archive.spans(archive.members.slice(-1)))
        for await (const body of archive.read(span, never))
          for await (const chunk of body.chunks) bytes += chunk.length
    } catch (thrown) {
      return { thrown, bytes }
    }
    return { thrown: undefined, bytes }
  })

const changed = (bytes: Buffer, at: number): Buffer => {
  const copy = Buffer.from(bytes)
  copy[at] = copy[at]! ^ 0x55
  return copy
}

describe.each([
  ['small', SMALL],
  ['large', LARGE],
])('a %s member is invalid', (_, data) => {
  const packed = deflateRawSync(data)
  const cases: [string, ZipMember][] = [
    ['with another checksum', { name: 'm', data, crc: 1 }],
    ['stored, with a byte changed', { name: 'm', data, method: 0, packed: changed(data, 1234) }],
    ['packed, with a byte changed', { name: 'm', data, packed: changed(packed, packed.length >> 1) }],
    ['when it is shorter than declared', { name: 'm', data, size: data.length + 1 }],
    ['when it is longer than declared', { name: 'm', data, size: data.length - 1 }],
    ['when its stream is cut off', { name: 'm', data, packed: packed.subarray(0, -1) }],
    ['when bytes follow its stream', { name: 'm', data, packed: Buffer.concat([packed, Buffer.from([0])]) }],
    ['when a second stream follows', { name: 'm', data, packed: Buffer.concat([packed, packed]) }],
    ['when it is no deflate stream', { name: 'm', data, packed: Buffer.alloc(packed.length, 0xff) }],
    ['when its local header is missing', { name: 'm', data, localSignature: 0 }],
    ['when another name stands at its place', { name: 'm', data, localName: 'other' }],
    [
      'when its local extra field pushes it into its neighbour',
      { name: 'm', data, localExtra: Buffer.alloc(8), compressedSize: packed.length + 8 },
    ],
  ]
  it.each(cases)('%s', async (what, member) => {
    const { thrown, bytes } = await faultOf([{ name: 'before', data: 'fine' }, member])
    expect(thrown, what).toMatchObject({ code: 'archive.member_invalid' })
    expect(bytes).toBeLessThanOrEqual(data.length)
  })
})

describe('a bomb', () => {
  it('never gives more than its directory declares', async () => {
    const packed = deflateRawSync(Buffer.alloc(50_000_000))
    const { thrown, bytes } = await faultOf([{ name: 'm', packed, size: 2_000_000, crc: 1 }])
    expect(thrown).toMatchObject({ code: 'archive.member_invalid' })
    expect(bytes).toBeLessThanOrEqual(2_000_000)
  })
})

describe('members beside a faulty one', () => {
  it('are read before it, and nothing after it', () =>
    served(
      zipBytes([
        { name: 'a', data: SMALL },
        { name: 'b', data: SMALL, crc: 1 },
        { name: 'c', data: SMALL },
      ]).bytes,
      {},
      async ({ download }) => {
        const archive = await open(download)
        const [span] = archive.spans(archive.members)
        const read: string[] = []
        const all = async (): Promise<void> => {
          for await (const body of archive.read(span!, never)) {
            await contentOf(body)
            read.push(body.member.name)
          }
        }
        await expect(all()).rejects.toMatchObject({ code: 'archive.member_invalid' })
        expect(read).toEqual(['a'])
      },
    ))
})
