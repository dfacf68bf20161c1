import type { PackageName } from '../../quilt/types.ts'
import { jsonBytes } from './json.ts'

/**
 * `input.json`: what the package was made from. `total_files` counts the files of the export archive; `registry` is the bucket,
 * or the URL of a folder.
 */
export const renderInput = (input: {
  readonly name: PackageName
  readonly registry: string
  readonly exported: number
}): Buffer =>
  jsonBytes({
    source: 'benchling_webhook',
    package_metadata: { name: input.name, registry: input.registry, total_files: input.exported },
  })
