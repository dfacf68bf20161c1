import { Fault } from '../base/fault.ts'
import { decodePercent, encodePart, encodePath } from './percent.ts'

/** Where the bytes of an entry lie. `path` is absolute, `versionId` null for an object without versions. */
export type PhysicalKey =
  | {
      readonly scheme: 's3'
      readonly bucket: string
      readonly key: string
      readonly versionId: string | null
    }
  | { readonly scheme: 'file'; readonly path: string }

/** `s3://bucket/key?versionId=…`, escaped exactly as quilt3 does (quilt-formats.md §2.3). */
export const s3Url = (bucket: string, key: string, versionId: string | null = null): string =>
  `s3://${bucket}/${encodePath(key)}${versionId === null ? '' : `?versionId=${encodePart(versionId)}`}`

/** `file:///absolute/path`, escaped exactly as quilt3 does. */
export const fileUrl = (absolutePath: string): string => `file://${encodePath(absolutePath)}`

/** Reads a physical key as quilt3 does: raw `+` and spaces stay, `?` and `#` must be escaped. Throws `manifest.invalid`. */
export const parsePhysicalKey = (url: string): PhysicalKey => {
  const parts = /^(s3|file):\/\/([^/?#]*)(\/[^?#]*)?(?:\?([^#]*))?(#.*)?$/s.exec(url)
  if (!parts) throw invalid('it is neither an s3:// nor a file:// URL')
  const [, scheme, host = '', path = '', query = '', fragment = ''] = parts
  if (fragment !== '') throw invalid('it has a fragment')
  if (scheme === 's3') return s3Key(host, path, query)
  if (host !== '' && host !== 'localhost') throw invalid('it is a file on another host')
  if (query !== '') throw invalid('it is a file with a query')
  const decoded = decodePercent(path)
  if (!decoded.startsWith('/')) throw invalid('its path is not absolute')
  if (decoded.includes('\0')) throw invalid('its path is not valid')
  return { scheme: 'file', path: decoded }
}

const s3Key = (bucket: string, path: string, query: string): PhysicalKey => {
  if (bucket === '' || path.length < 2) throw invalid('it lacks a bucket or a key')
  const params = new URLSearchParams(query)
  for (const name of params.keys()) if (name !== 'versionId') throw invalid('its query is not a versionId')
  return {
    scheme: 's3',
    bucket,
    key: decodePercent(path.slice(1)),
    versionId: params.get('versionId') || null,
  }
}

const invalid = (problem: string): Fault => new Fault('manifest.invalid', { physicalKey: problem })
