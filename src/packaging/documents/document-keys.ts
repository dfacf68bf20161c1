import { logicalKey } from '../../quilt/names.ts'

/** Where our own documents stand in a package (docs/package-layout.md). */
export const DOCUMENT_KEYS = {
  entry: logicalKey('entry.json'),
  entryData: logicalKey('entry_data.json'),
  links: logicalKey('links.json'),
  input: logicalKey('input.json'),
  readme: logicalKey('README.md'),
  files: logicalKey('files.json'),
  names: logicalKey('names.json'),
} as const

/**
 * Keys that no file of an export may take, whether the document is written this time or not: a file keeps its key when
 * a later revision grows a `files.json`.
 */
export const RESERVED_KEYS: ReadonlySet<string> = new Set(Object.values(DOCUMENT_KEYS))

/** Files of the entry that are not in the export archive go here. */
export const ATTACHMENTS_FOLDER = 'attachments'
export const TABLES_FOLDER = 'tables'
