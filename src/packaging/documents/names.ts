import type { Renamed } from '../logical-keys.ts'
import { jsonBytes } from './json.ts'

/** `names.json`: which files could not keep the name they had, that name, and the rule that changed it. */
export const renderNames = (renamed: readonly Renamed[]): Buffer =>
  jsonBytes({
    schema_version: 1,
    renamed: renamed.map(({ key, original, reason }) => ({ key, original, reason })),
  })
