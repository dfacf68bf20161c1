import type { ContentFile } from '../content.ts'
import { jsonBytes } from './json.ts'

/** `files.json`: the files of the entry when there are too many for the metadata, in the form `files` has there. */
export const renderFiles = (files: readonly ContentFile[]): Buffer =>
  jsonBytes({
    schema_version: 1,
    file_count: files.length,
    total_bytes: files.reduce((sum, file) => sum + file.size, 0),
    files: Object.fromEntries(files.map(({ key, size }) => [key, { size }])),
  })
