import type { LogicalKey } from '../quilt/types.ts'
import type { StoredObject } from '../registry/ports.ts'

/** A file of the entry (from the export, fetched, or a table), as opposed to a document we write about it. */
export type ContentFile = { readonly key: LogicalKey; readonly size: number }

export const contentFiles = (objects: readonly StoredObject[]): ContentFile[] =>
  objects.map(({ logicalKey, size }) => ({ key: logicalKey, size }))
