import type { Member } from '../export/archive.ts'
import type { LogicalKey } from '../quilt/types.ts'
import type { Attachment } from './attachments.ts'
import { ATTACHMENTS_FOLDER, RESERVED_KEYS, TABLES_FOLDER } from './documents/document-keys.ts'
import type { NotebookTable } from './entry-tables.ts'
import { logicalKeys, type Renamed } from './logical-keys.ts'

/** Where every file of the entry goes in its package. */
export type Layout = {
  readonly members: readonly { readonly member: Member; readonly key: LogicalKey }[]
  readonly attachments: readonly { readonly attachment: Attachment; readonly key: LogicalKey }[]
  readonly tables: readonly { readonly table: NotebookTable; readonly key: LogicalKey }[]
  readonly renamed: readonly Renamed[]
}

/**
 * Gives keys to all files at once, so that no two share one. Of two with the same name a member of the archive keeps it
 * before a fetched attachment, and that before a table.
 */
export const layOut = (
  members: readonly Member[],
  attachments: readonly Attachment[],
  tables: readonly NotebookTable[],
): Layout => {
  const { keys, renamed } = logicalKeys(
    [
      ...members.map(({ name }) => name),
      ...attachments.map(({ name }) => `${ATTACHMENTS_FOLDER}/${name}`),
      ...tables.map(({ name }) => `${TABLES_FOLDER}/${name.replaceAll(/[/\\]/g, '_')}.csv`),
    ],
    RESERVED_KEYS,
  )
  const attachmentsAt = members.length
  const tablesAt = attachmentsAt + attachments.length
  return {
    members: members.map((member, index) => ({ member, key: keys[index]! })),
    attachments: attachments.map((attachment, index) => ({ attachment, key: keys[attachmentsAt + index]! })),
    tables: tables.map((table, index) => ({ table, key: keys[tablesAt + index]! })),
    renamed,
  }
}
