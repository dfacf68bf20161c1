import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fileLink, packageLink, revisionLink, syncLink } from '../../src/quilt/catalog-links.ts'
import { isPackageName, logicalKey, logicalKeyProblem, packageName } from '../../src/quilt/names.ts'
import { fileUrl, parsePhysicalKey, s3Url } from '../../src/quilt/physical-key.ts'
import { quiltUri } from '../../src/quilt/quilt-uri.ts'
import { soundPoint } from '../support/any-point.ts'

describe('physical keys', () => {
  const text = fc.string({ unit: soundPoint, minLength: 1, maxLength: 30 })

  it('are read back as written, whatever the key', () => {
    fc.assert(
      fc.property(text, fc.option(fc.string({ minLength: 1 })), (key, versionId) => {
        expect(parsePhysicalKey(s3Url('bucket', key, versionId))).toEqual({
          scheme: 's3',
          bucket: 'bucket',
          key,
          versionId,
        })
        const path = `/${key.replaceAll('\0', '')}`
        expect(parsePhysicalKey(fileUrl(path))).toEqual({ scheme: 'file', path })
      }),
    )
  })

  it('are read as quilt3 reads them: raw plus and space stay, escapes are decoded, odd percents stay', () => {
    const key = (url: string) => (parsePhysicalKey(url) as { key: string }).key
    expect(key('s3://b/a+b c%2Bd%41%zz')).toBe('a+b c+dA%zz')
    expect(key('s3://b/%FF')).toBe('\ufffd')
    expect(parsePhysicalKey('file://localhost/a%20b')).toEqual({ scheme: 'file', path: '/a b' })
    expect(parsePhysicalKey('s3://b/k?versionId=null')).toMatchObject({ versionId: 'null' })
  })

  it.each([
    'https://b/k',
    's3://b',
    's3://b/',
    's3:///k',
    's3://b/k?x=1',
    's3://b/k#f',
    'file://host/k',
    'file:///k?versionId=1',
    'file://',
    'file:///a%00b',
    'relative',
  ])('%s is refused', (url) => {
    expect(() => parsePhysicalKey(url)).toThrow(expect.objectContaining({ code: 'manifest.invalid' }))
  })
})

describe('names', () => {
  it.each(['a/b', 'A_1/b-2', 'benchling/EXP00001234'])('%j is a package name', (name) => {
    expect(packageName(name)).toBe(name)
  })

  it.each(['a/b/c', 'a.b/c', 'µ/é', 'a/b\n', '/b', 'a/', 'a b/c', 'ab', ''])('%j is none', (name) => {
    expect(isPackageName(name)).toBe(false)
    expect(() => packageName(name)).toThrow(expect.objectContaining({ code: 'package.name_invalid' }))
  })

  it.each(['a', 'a/b', '...', 'a/.b', 'back\\slash', 'x'.repeat(1024)])('%.20j is a logical key', (key) => {
    expect(logicalKey(key)).toBe(key)
  })

  it.each(['', '/', 'a/', '/a', 'a//b', '.', '..', 'a/../b', 'a/.', '\ud800', 'é'.repeat(513)])(
    '%.20j is none',
    (key) => {
      expect(logicalKeyProblem(key)).not.toBeNull()
      expect(() => logicalKey(key)).toThrow(expect.objectContaining({ code: 'manifest.invalid' }))
    },
  )
})

describe('links', () => {
  const at = { catalog: 'c.example.com', bucket: 'my-bucket', name: 'benchling/EXP0001' }
  const sync = { ...at, catalog: 'test.quiltdata.com' }
  const redir =
    'https://test.quiltdata.com/redir/quilt%2Bs3%3A%2F%2Fmy-bucket%23package%3Dbenchling%2FEXP0001'

  it('to the catalog are those of existing installations', () => {
    expect(packageLink(at)).toBe('https://c.example.com/b/my-bucket/packages/benchling/EXP0001')
    expect(fileLink(at, 'data/a b.csv')).toBe(`${packageLink(at)}/tree/latest/data%2Fa%20b.csv`)
    expect(fileLink(at, "it's (1)!*", 'abc')).toBe(`${packageLink(at)}/tree/abc/it%27s%20%281%29%21%2A`)
    expect(revisionLink(at, 'abc')).toBe(`${packageLink(at)}/tree/abc/`)
  })

  it('to QuiltSync are those of existing installations', () => {
    const catalog = '%26catalog%3Dtest.quiltdata.com'
    expect(syncLink(sync, null)).toBe(`${redir}%3Alatest${catalog}`)
    expect(syncLink(sync, 'abc')).toBe(`${redir}%40abc${catalog}`)
    expect(syncLink(sync, null, 'data/a b.csv')).toBe(`${redir}%3Alatest%26path%3Ddata%2Fa%20b.csv${catalog}`)
  })

  it('to QuiltSync survive names that would end the path', () => {
    const uri = decodeURIComponent(new URL(syncLink(sync, null, 'a&b=c#d')).pathname.slice('/redir/'.length))
    expect(new URLSearchParams(uri.split('#')[1]).get('path')).toBe('a&b=c#d')
  })

  it('as Quilt+ URI name a package, a revision, a tag and a file', () => {
    const target = { bucket: 'b', name: 'benchling/EXP1' }
    expect(quiltUri(target)).toBe('quilt+s3://b#package=benchling/EXP1')
    expect(quiltUri({ ...target, ref: { tag: 'latest' } })).toBe('quilt+s3://b#package=benchling/EXP1:latest')
    expect(
      quiltUri({
        ...target,
        ref: { topHash: 'a96b' },
        path: 'data/results.csv',
        catalog: 'quilt.example.com',
      }),
    ).toBe('quilt+s3://b#package=benchling/EXP1@a96b&path=data%2Fresults.csv&catalog=quilt.example.com')
  })
})
