import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type ZipMember, zipBytes } from '../support/zip-bytes.ts'
import { bytesOf, corpus } from './archive-corpus.ts'
import { KNOWN_DIFFERENCES, knownDifference } from './archive-differences.ts'
import { differenceOf, ours, type Reading } from './archive-reading.ts'
import { yauzlReads } from './archive-yauzl.ts'

const good = corpus().filter(({ outcome }) => outcome === 'good')

/** What was found, in no order: the lists of the corpus have that of the files that went in. */
const contentsOf = (reading: Reading): readonly string[] =>
  'refused' in reading
    ? [reading.refused]
    : reading.names.map((name, at) => `${reading.digests[at]} ${name}`).sort()

describe('yauzl and our reader', () => {
  it.each(good.map(({ file, files }) => [file, files] as const))(
    'agree, or are known to differ, on %s',
    async (file, files) => {
      const bytes = bytesOf({ file })
      const own = await ours(bytes, file)
      expect(contentsOf(own)).toEqual(files.map(({ name, sha256 }) => `${sha256} ${name}`).sort())
      expect(differenceOf(own, await yauzlReads(bytes))).toBe(
        knownDifference('yauzl', file)?.difference ?? null,
      )
    },
  )

  /** Names that both take as they are: yauzl refuses what leads out and turns backslashes around. */
  const name = fc
    .array(
      fc.stringMatching(/^[^\\/:\0]{1,12}$/).filter((part) => !/^\.\.?$/.test(part)),
      { minLength: 1, maxLength: 3 },
    )
    .map((parts) => parts.join('/'))
  const member: fc.Arbitrary<ZipMember> = fc.record({
    name: fc.oneof(
      name,
      fc
        .string({ unit: 'grapheme', minLength: 1, maxLength: 20 })
        .map((text) => text.replaceAll(/[\\/:]/g, '_').replace(/^\.\.?$/, '_')),
    ),
    data: fc.uint8Array({ maxLength: 300 }),
    method: fc.constantFrom(0, 8),
    descriptor: fc.boolean(),
    zip64: fc.boolean(),
    localExtra: fc.uint8Array({ maxLength: 20 }),
    gap: fc.uint8Array({ maxLength: 30 }),
    comment: fc.string({ maxLength: 20 }),
  })

  it('agree on any archive', () =>
    fc.assert(
      fc.asyncProperty(
        fc.array(member, { maxLength: 6 }),
        fc.record({
          zip64: fc.boolean(),
          comment: fc.string({ maxLength: 30 }),
          prefix: fc.uint8Array({ maxLength: 40 }),
        }),
        async (members, end) => {
          // An empty archive behind other bytes is refused: it says that nothing is in it.
          const { bytes } = zipBytes(
            members,
            members.length > 0 ? end : { ...end, prefix: new Uint8Array(0) },
          )
          const [own, theirs] = [await ours(bytes), await yauzlReads(bytes)]
          expect(own).toEqual(theirs)
          expect(own).toMatchObject({ names: members.map((each) => each.name) })
        },
      ),
      { numRuns: 40 },
    ))
})

describe('the table of differences', () => {
  it('names an archive once for each reader, and only archives there are', () => {
    const files = new Set(corpus().map(({ file }) => file))
    const listed = KNOWN_DIFFERENCES.flatMap((known) => known.files.map((file) => `${known.reader} ${file}`))
    expect(listed).toEqual([...new Set(listed)])
    expect(listed.filter((each) => !files.has(`${each.split(' ')[1]}.zip`))).toEqual([])
  })
})
