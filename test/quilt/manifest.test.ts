import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { JsonObject } from '../../src/base/json.ts'
import { logicalKeyProblem } from '../../src/quilt/names.ts'
import { parseManifest } from '../../src/quilt/parse-manifest.ts'
import {
  MAX_LINE_BYTES,
  preparedTopHash,
  prepareManifest,
  renderManifest,
} from '../../src/quilt/render-manifest.ts'
import type { LogicalKey, ManifestEntry, ManifestHeader } from '../../src/quilt/types.ts'
import { inWalkOrder } from '../../src/quilt/walk-order.ts'
import { anyPoint, soundPoint } from '../support/any-point.ts'

const HASH = 'JmGw1SNNTY2YmalGaVL4qnlI1/hLTEYzZDzyos7/NRQ='
const HEADER = '{"version": "v0", "message": "m"}'
const LINE = `{"logical_key": "x", "physical_keys": ["s3://b/x"], "size": 1, "hash": {"type": "sha2-256-chunked", "value": "${HASH}"}, "meta": {}}`
const NORMAL = `${HEADER}\n${LINE}\n`
const read = (text: string) => parseManifest(Buffer.from(text))
const normal = read(NORMAL)

const entry = (logicalKey: string, meta: JsonObject = {}): ManifestEntry => ({
  logicalKey: logicalKey as LogicalKey,
  physicalKey: 's3://b/k',
  size: 1,
  hash: { type: 'sha2-256-chunked', value: HASH },
  meta,
})
const render = (header: ManifestHeader, entries: ManifestEntry[]) => {
  const prepared = prepareManifest(header, entries)
  return { topHash: preparedTopHash(prepared), bytes: Buffer.concat([...renderManifest(prepared)]) }
}
const header: ManifestHeader = { version: 'v0', user_meta: {}, message: 'm' }

describe('reading a manifest is as tolerant as quilt3', () => {
  it.each([
    ['no final newline', NORMAL.trimEnd()],
    ['CRLF', NORMAL.replaceAll('\n', '\r\n')],
    ['meta null', NORMAL.replace('"meta": {}', '"meta": null')],
    ['meta as another kind of nothing', NORMAL.replace('"meta": {}', '"meta": -0.0')],
    ['meta as an empty list', NORMAL.replace('"meta": {}', '"meta": []')],
    ['an unknown entry field', NORMAL.replace('"size": 1', '"size": 1, "extra": 2.0')],
    ['a top hash in the header', NORMAL.replace('"v0"', '"v0", "top_hash": "abc"')],
    ['a physical key with a raw space', NORMAL.replace('s3://b/x', 's3://b/x y')],
    ['directory metadata', `${HEADER}\n{"logical_key": "d/", "meta": {"a": 1}}\n${LINE}\n`],
  ])('%s changes nothing', (_, text) => {
    expect(read(text).topHash).toBe(normal.topHash)
  })

  it.each([
    ['an unknown header field', NORMAL.replace('"v0"', '"v0", "extra": 1')],
    ['a missing message', NORMAL.replace(', "message": "m"', '')],
    ['another version', NORMAL.replace('"v0"', '"v9"')],
    ['a size written as 1.0', NORMAL.replace('"size": 1', '"size": 1.0')],
    ['a lone surrogate in the message', NORMAL.replace('"m"', '"\\ud800"')],
    ['an unknown hash type', NORMAL.replace('sha2-256-chunked', 'BLAKE9')],
  ])('%s is read, and is another top hash', (_, text) => {
    expect(read(text).topHash).not.toBe(normal.topHash)
    expect(read(text).entries).toHaveLength(1)
  })

  it('lines in another order have the same top hash and come out in walk order', () => {
    const [a, b] = ['a/b', 'a.txt'].map((key) => LINE.replace('"x"', `"${key}"`))
    const sorted = read(`${HEADER}\n${a}\n${b}\n`)
    expect(read(`${HEADER}\n${b}\n${a}\n`)).toEqual(sorted)
    expect(sorted.entries.map((e) => e.logicalKey)).toEqual(['a/b', 'a.txt'])
  })

  it.each([
    ['nothing', ''],
    ['a blank line at the end', `${NORMAL}\n`],
    ['a byte order mark', `\ufeff${NORMAL}`],
    ['a header that is a list', `[]\n${LINE}\n`],
    ['a header without version', NORMAL.replace('"version": "v0", ', '')],
    ['user_meta that is a number', NORMAL.replace('"v0"', '"v0", "user_meta": 1.0')],
    ['a message that is a list', NORMAL.replace('"m"', '[]')],
    ['no meta', NORMAL.replace(', "meta": {}', '')],
    ['meta that is a number', NORMAL.replace('"meta": {}', '"meta": 1.0')],
    ['no hash', NORMAL.replace(/"hash": \{.*?\}/, '"hash": null')],
    ['no physical key', NORMAL.replace('["s3://b/x"]', '[]')],
    ['a physical key on the web', NORMAL.replace('s3://b/x', 'https://b/x')],
    ['a negative size', NORMAL.replace('"size": 1', '"size": -1')],
    ['a fractional size', NORMAL.replace('"size": 1', '"size": 1.5')],
    ['a key twice', `${NORMAL}${LINE}\n`],
    ['a file that is a folder too', `${NORMAL}${LINE.replace('"x"', '"x/y/z"')}\n`],
    ['a key out of its folder', NORMAL.replace('"x"', '"../x"')],
    ['an absolute key', NORMAL.replace('"x"', '"/x"')],
    ['NaN', NORMAL.replace('"meta": {}', '"meta": {"a": NaN}')],
    ['nesting without end', NORMAL.replace('"meta": {}', `"meta": {"a": ${'['.repeat(300_000)}}`)],
  ])('%s is refused', (_, text) => {
    expect(() => read(text)).toThrow(expect.objectContaining({ code: 'manifest.invalid' }))
  })

  it('bytes that are not UTF-8 are refused', () => {
    expect(() => parseManifest(Buffer.from([0x7b, 0xff, 0x7d]))).toThrow(/manifest.invalid/)
  })

  it('says nothing about the content of a broken line', () => {
    try {
      read(`${HEADER}\n{"secret": hunter2\n`)
      expect.unreachable()
    } catch (thrown) {
      expect(JSON.stringify({ ...(thrown as Error), cause: String((thrown as Error).cause) })).not.toContain(
        'hunter2',
      )
    }
  })
})

describe('writing a manifest', () => {
  it('keeps absent, null and empty metadata apart', () => {
    const { user_meta: _, ...without } = header
    const hashes = [without, { ...header, user_meta: null }, header].map((h) => render(h, []).topHash)
    expect(new Set(hashes).size).toBe(3)
  })

  it('replaces lone surrogates before hashing, so that quilt3 reads what was hashed', () => {
    const { topHash, bytes } = render({ ...header, message: 'a\ud800', user_meta: { 'k\udc00': '\ud800' } }, [
      entry('x', { user_meta: { note: '\udfff' } }),
    ])
    expect(parseManifest(bytes).topHash).toBe(topHash)
    expect(parseManifest(bytes).header).toMatchObject({
      message: 'a\ufffd',
      user_meta: { 'k\ufffd': '\ufffd' },
    })
  })

  it('refuses keys that no package can hold', () => {
    for (const keys of [['a', 'a'], ['a', 'a/b'], ['a/b/c', 'a/b'], ['../a'], ['a//b'], ['']])
      expect(() =>
        render(
          header,
          keys.map((key) => entry(key)),
        ),
      ).toThrow(/manifest.invalid/)
  })

  it('writes a line of 1,000,000 bytes and refuses one more, for header and entries', () => {
    const room = MAX_LINE_BYTES - render({ ...header, user_meta: { a: '' } }, []).bytes.length + 1
    const longest = render({ ...header, user_meta: { a: 'é'.repeat(room / 2) + 'x'.repeat(room % 2) } }, [])
    expect(longest.bytes.indexOf('\n')).toBe(MAX_LINE_BYTES)
    const tooLong = { a: 'x'.repeat(room + 1) }
    const refusal = expect.objectContaining({ code: 'package.metadata_too_large' })
    expect(() => render({ ...header, user_meta: tooLong }, [])).toThrow(refusal)
    expect(() => render(header, [entry('x', tooLong)])).toThrow(refusal)
  })

  it('is read back with the same top hash, whatever is in it', () => {
    const json = fc.dictionary(fc.string({ unit: soundPoint }), fc.jsonValue(), { maxKeys: 4 })
    const key = fc
      .string({ unit: anyPoint, minLength: 1, maxLength: 12 })
      .filter((k) => !logicalKeyProblem(k))
    const keys = fc.uniqueArray(key, { maxLength: 8, selector: (k) => k.split('/')[0] })
    fc.assert(
      fc.property(keys, json, fc.option(fc.string({ unit: anyPoint })), json, (names, meta, message, own) => {
        const entries = names.map((name, i) => entry(name, i % 2 ? { user_meta: own as JsonObject } : {}))
        const { topHash, bytes } = render({ ...header, user_meta: meta as JsonObject, message }, entries)
        const again = parseManifest(bytes)
        expect(again.topHash).toBe(topHash)
        expect(again.entries).toHaveLength(names.length)
        expect(render(again.header, [...again.entries]).bytes.equals(bytes)).toBe(true)
      }),
      { numRuns: 60 },
    )
  })
})

describe('walk order', () => {
  it('is that of sorting names level by level', () => {
    type Tree = Map<string, Tree>
    const walk = (tree: Tree, path: string[]): string[] =>
      [...tree.keys()]
        .sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
        .flatMap((name) =>
          tree.get(name)!.size ? walk(tree.get(name)!, [...path, name]) : [[...path, name].join('/')],
        )
    const part = fc.string({
      unit: fc.constantFrom('a', '-', ' ', '\0', '0', '\ue000', '😀'),
      minLength: 1,
      maxLength: 3,
    })
    const key = fc.array(part, { minLength: 1, maxLength: 4 })
    fc.assert(
      fc.property(fc.array(key, { maxLength: 12 }), (paths) => {
        const root: Tree = new Map()
        for (const path of paths) {
          let at = root
          for (const name of path) {
            const next: Tree = at.get(name) ?? new Map()
            at.set(name, next)
            at = next
          }
        }
        const leaves = walk(root, [])
        expect(inWalkOrder(leaves.toReversed().map((k) => entry(k))).map((e) => e.logicalKey)).toEqual(leaves)
      }),
      { numRuns: 300 },
    )
  })
})
