import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type ZipMember, zipBytes } from '../support/zip-bytes.ts'
import { contents, noise, open, readAll, served } from './archives.ts'

const data = fc.oneof(
  fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)),
  fc.tuple(fc.nat(1_200_000), fc.nat()).map(([length, seed]) => noise(length, seed)),
  fc
    .tuple(fc.nat(2_000_000), fc.string({ minLength: 1, maxLength: 9 }))
    .map(([length, fill]) => Buffer.alloc(length, fill)),
)

const member: fc.Arbitrary<ZipMember> = fc.record({
  name: fc
    .string({ minLength: 1, maxLength: 40, unit: 'grapheme' })
    .map((name) => name.replace(/[/\\]+$/, '_')),
  data,
  method: fc.constantFrom(0, 8),
  descriptor: fc.boolean(),
  zip64: fc.boolean(),
  localExtra: fc.uint8Array({ maxLength: 20 }),
  gap: fc.oneof(fc.constant(new Uint8Array(0)), fc.uint8Array({ maxLength: 50 })),
})

const archive = fc.tuple(
  fc.array(member, { maxLength: 6 }),
  fc.record({ zip64: fc.boolean(), comment: fc.string() }),
)

describe('any archive', () => {
  it('comes out as it went in', () =>
    fc.assert(
      fc.asyncProperty(archive, async ([members, end]) => {
        const found = await readAll(zipBytes(members, end).bytes)
        expect(found.map(({ name }) => name)).toEqual(members.map(({ name }) => name))
        expect(found.every((file, i) => file.data.equals(members[i]!.data as Buffer))).toBe(true)
      }),
      { numRuns: 25 },
    ))

  it('with one bit flipped gives the same files or a fault, never other bytes', () =>
    fc.assert(
      fc.asyncProperty(fc.array(member, { minLength: 1, maxLength: 3 }), fc.nat(), async (members, where) => {
        const { bytes } = zipBytes(members)
        const bit = where % (bytes.length * 8)
        bytes[bit >> 3]! ^= 1 << (bit & 7)
        await served(bytes, {}, async ({ download }) => {
          const outcome = await open(download)
            .then(contents)
            .catch((fault: unknown) => fault)
          if (Array.isArray(outcome)) {
            for (const file of outcome)
              expect(members.some(({ data }) => file.data.equals(data as Buffer))).toBe(true)
          } else expect(outcome).toMatchObject({ code: expect.stringMatching(/^archive\./) })
        })
      }),
      { numRuns: 25 },
    ))
})
