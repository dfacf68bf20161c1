import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { canonicalJson } from '../../src/quilt/canonical-json.ts'
import { parseJson } from '../../src/quilt/parse-json.ts'
import { parseManifest } from '../../src/quilt/parse-manifest.ts'
import { fileUrl, parsePhysicalKey, s3Url } from '../../src/quilt/physical-key.ts'
import { preparedTopHash, prepareManifest, renderManifest } from '../../src/quilt/render-manifest.ts'
import { manifestsOf, VECTORS, vectorFile, vectorJson } from './vectors.ts'

/** Vectors whose metadata holds numbers that JavaScript would print in another way: they can be read, not rewritten. */
const KEEPS_LITERALS = ['v07-meta']

describe('the fourteen packages written by quilt3', () => {
  it('are all here', () => {
    expect(VECTORS).toHaveLength(14)
    expect(vectorJson<{ vectors: unknown[] }>('index.json').vectors).toHaveLength(14)
  })

  describe.each(VECTORS.map((vector) => [vector.id, vector] as const))('%s', (id, vector) => {
    const manifests = manifestsOf(id)

    it('has the top hash quilt3 computed, from the bytes quilt3 wrote', () => {
      expect(manifests.length).toBeGreaterThan(0)
      for (const { bytes } of manifests) expect(parseManifest(bytes).topHash).toBe(vector.top_hash)
    })

    it('hashes the very text quilt3 hashed', () => {
      const input = vectorFile(`${id}/tophash_input.txt`)
      expect(createHash('sha256').update(input).digest('hex')).toBe(vector.top_hash)
      const again = vector.tophash_parts.map((part) => canonicalJson(parseJson(part).exact))
      expect(again.join('')).toBe(input.toString())
    })

    it('is listed in walk order', () => {
      const order = vector.tophash_parts.slice(1).map((part) => JSON.parse(part).logical_key)
      for (const { bytes } of manifests)
        expect(parseManifest(bytes).entries.map((entry) => entry.logicalKey)).toEqual(order)
    })

    it('has physical keys that survive a way through our own types', () => {
      for (const { bytes } of manifests)
        for (const { physicalKey } of parseManifest(bytes).entries) {
          const parts = parsePhysicalKey(physicalKey)
          const again =
            parts.scheme === 's3' ? s3Url(parts.bucket, parts.key, parts.versionId) : fileUrl(parts.path)
          expect(again).toBe(physicalKey)
        }
    })

    if (KEEPS_LITERALS.includes(id)) return

    it('has the same top hash when we write it', () => {
      for (const { bytes } of manifests) {
        const read = parseManifest(bytes)
        const shuffled = read.entries.toReversed()
        const prepared = prepareManifest(read.header, shuffled)
        expect(preparedTopHash(prepared)).toBe(vector.top_hash)
        expect(parseManifest(Buffer.concat([...renderManifest(prepared)]))).toEqual(read)
      }
    })
  })

  it('come out as quilt3 wrote them but for spaces', () => {
    const read = parseManifest(manifestsOf('v13-workflow')[0]!.bytes)
    const lines = Buffer.concat([...renderManifest(prepareManifest(read.header, read.entries))]).toString()
    const theirs = manifestsOf('v13-workflow')[0]!.bytes.toString()
    const squeezed = theirs
      .split('\n')
      .map((line) => line && JSON.stringify(JSON.parse(line)))
      .join('\n')
    expect(lines).toBe(squeezed)
  })

  it('are read with numbers as values and hashed with numbers as written', () => {
    const meta = parseManifest(vectorFile('v07-meta/manifest.s3.jsonl')).header.user_meta!
    expect(meta).toMatchObject({ float_whole: 1, small5: 0.00001, bigint: Number('12345678901234567890') })
    expect(Object.hasOwn(meta, '__proto__')).toBe(true)
  })

  it('and two revisions of one package too', () => {
    const { manifests } = vectorJson<{ manifests: Record<string, string> }>('revisions.json')
    expect(Object.keys(manifests)).toHaveLength(2)
    for (const [hash, text] of Object.entries(manifests))
      expect(parseManifest(Buffer.from(text)).topHash).toBe(hash)
  })
})
