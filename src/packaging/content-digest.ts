import { createHash } from 'node:crypto'
import type { Entry } from '../benchling/entry.ts'
import { renderEntryData } from './documents/entry-data.ts'

/**
 * SHA-256 (hex) of what an entry says, without when it was modified: the same for an entry in which only its time moved,
 * as a canvas that was drawn may do. What the API's answer does not show (formats, rows of results tables) is not in it.
 */
export const contentDigest = (entry: Entry): string =>
  createHash('sha256')
    .update(renderEntryData({ ...entry, modifiedAt: '' }))
    .digest('hex')
