import type { Json, JsonObject } from '../../base/json.ts'
import type { Entry } from '../../benchling/entry.ts'
import { canonical, isObject, jsonBytes } from './json.ts'

/**
 * `entry_data.json`: the entry as the API answers it, with the four snake_case copies that readers of the known system
 * use. These bytes decide whether an entry changed since its current revision, so they hold nothing that changes by
 * itself: keys are sorted, and the addresses of review snapshots and their expiry, new at every reading, are left out.
 */
export const renderEntryData = (entry: Entry): Buffer => {
  const raw = entry as unknown as JsonObject
  const review = raw.reviewRecord
  return jsonBytes(
    canonical({
      ...raw,
      ...(isObject(review) ? { reviewRecord: withoutLeases(review) } : {}),
      display_id: entry.displayId,
      web_url: entry.webURL,
      created_at: entry.createdAt,
      modified_at: entry.modifiedAt,
    }),
  )
}

const LEASES: ReadonlySet<string> = new Set(['downloadURL', 'expiresAt'])

const withoutLeases = (value: Json): Json => {
  if (Array.isArray(value)) return value.map(withoutLeases)
  if (!isObject(value)) return value
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key]) => !LEASES.has(key))
      .map(([key, inner]) => [key, withoutLeases(inner)]),
  )
}
