import { expect, test } from 'vitest'
import { canonicalJson } from '../../src/quilt/canonical-json.ts'
import { parseJson } from '../../src/quilt/parse-json.ts'
import { parseManifest, parseManifestGently } from '../../src/quilt/parse-manifest.ts'

const never = new AbortController().signal

const manifestOf = (files: number): Buffer =>
  Buffer.from(
    [
      '{"version": "v0", "user_meta": {"ph": 7.0}, "message": "m"}',
      ...Array.from(
        { length: files },
        (_, i) =>
          `{"logical_key": "f/${i}", "physical_keys": ["s3://b/f/${i}?versionId=v"], "size": ${i}, "hash": {"type": "SHA256", "value": "${'a'.repeat(64)}"}, "meta": {}}`,
      ),
    ].join('\n'),
  )

test('a long manifest is read as any other, and others have their turns meanwhile', async () => {
  const bytes = manifestOf(9_000)
  let turns = 0
  let over = false
  const count = (): void => {
    turns++
    if (!over) setImmediate(count)
  }
  setImmediate(count)
  const gently = await parseManifestGently(bytes, never)
  over = true
  expect(turns).toBeGreaterThan(4)
  expect(gently).toEqual(parseManifest(bytes))
})

test('reading stops when nobody needs it any more', async () => {
  const control = new AbortController()
  setImmediate(() => control.abort(new Error('gone')))
  await expect(parseManifestGently(manifestOf(9_000), control.signal)).rejects.toThrow('gone')
})

test.each([
  ['[1,\n2.0]', '[1,2.0]'],
  ['{"a" : 1.50}', '{"a":1.5}'],
  ['{"a":\t1e2}', '{"a":100.0}'],
  ['[0,9007199254740993]', '[0,9007199254740993]'],
  ['-12345678901234567890', '-12345678901234567890'],
  ['[-0, -0.0]', '[0,-0.0]'],
])('numbers that JavaScript would write otherwise hash as Python would: %j', (text, hashed) => {
  expect(canonicalJson(parseJson(text).exact)).toBe(hashed)
})

test('what only looks like such a number in a text is read all the same', () => {
  const text = '{"a": " 1.5 :-0 ,1e5", "b": 3}'
  expect(parseJson(text)).toEqual({ exact: JSON.parse(text), plain: JSON.parse(text) })
})
