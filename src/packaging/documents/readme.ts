import type { Entry } from '../../benchling/entry.ts'
import type { LogicalKey, PackageName } from '../../quilt/types.ts'
import type { ContentFile } from '../content.ts'
import { codeSpan, escapeMarkdown, webLink } from './markdown.ts'
import { authorTexts, personText } from './people.ts'

/** Most files, tables or attachments one section of the README lists. */
const LISTED = 200

export type ReadmeInput = {
  readonly entry: Entry
  readonly name: PackageName
  /** As quilt3 opens it. */
  readonly registry: string
  readonly tenantHost: string
  readonly files: readonly ContentFile[]
  readonly tables: readonly { readonly key: LogicalKey; readonly name: string; readonly rows: number }[]
  /** Attachments the export lacked and that were fetched one by one. */
  readonly fetched: readonly ContentFile[]
  /** Ids of attachments the entry names and Benchling does not give. */
  readonly missing: readonly string[]
  /** The documents that stand beside this one. */
  readonly documents: readonly LogicalKey[]
}

const ABOUT: Readonly<Record<string, string>> = {
  'entry.json': 'the metadata of this package: what it can be found by',
  'entry_data.json': 'the entry as Benchling’s API gives it, text and exact table cells included',
  'links.json': 'what the entry points to',
  'input.json': 'what this package was made from',
  'files.json': 'every file with its size, because they are too many for the metadata',
  'names.json': 'the original names of files that could not keep theirs',
}

/** `README.md`, which the Quilt catalog shows first. Times are those of the entry; the time of packaging is the revision’s. */
export const renderReadme = (input: ReadmeInput): Buffer => {
  const { entry } = input
  const authors = authorTexts(entry.authors)
  const listed = new Set<string>([...input.tables, ...input.fetched].map(({ key }) => key))
  return Buffer.from(
    [
      `# ${escapeMarkdown(entry.name ? `${entry.displayId} - ${entry.name}` : entry.displayId)}`,
      section('Overview', [
        'This package holds a Benchling notebook entry: its export, attachments, tables and metadata.',
        '',
        `**${webLink('View in Benchling', entry.webURL)}**`,
      ]),
      section('Entry Information', [
        bullet('Display ID', entry.displayId),
        bullet('Entry ID', entry.id),
        bullet('Name', entry.name),
        bullet('Creator', personText(entry.creator)),
        bullet('Authors', authors.slice(0, LISTED).join(', ')),
        bullet('Schema', entry.schema?.name ?? ''),
        bullet('Created', entry.createdAt),
        bullet('Modified', entry.modifiedAt),
      ]),
      section('Export Information', [
        bullet('Benchling Base URL', `https://${input.tenantHost}`),
        bullet('Total Files', String(input.files.length)),
      ]),
      section(
        'Files Included',
        list(
          input.files.filter(({ key }) => !listed.has(key)),
          fileLine,
        ),
      ),
      section(
        'Tables',
        list(
          input.tables,
          ({ key, name, rows }) => `- ${codeSpan(key)}: ${escapeMarkdown(name)}, ${rows} rows`,
        ),
      ),
      section('Attachments', [
        ...list(input.fetched, fileLine),
        ...list(
          input.missing,
          (id) => `- ${codeSpan(id)} is named in the entry, but Benchling does not give it.`,
        ),
      ]),
      section(
        'Metadata Files',
        input.documents.map((key) => `- ${codeSpan(key)}: ${ABOUT[key] ?? ''}`),
      ),
      section('Usage', [
        'Open the package in the Quilt catalog, or in Python:',
        '',
        '```python',
        'import quilt3',
        `package = quilt3.Package.browse("${input.name}", registry=${JSON.stringify(input.registry)})`,
        '```',
        '',
        'Every revision stays readable; the metadata of this one is `package.meta`.',
      ]),
    ]
      .filter((part) => part !== null)
      .join('\n\n')
      .concat('\n'),
  )
}

/** Null for a section without content. */
const section = (title: string, lines: readonly (string | null)[]): string | null => {
  const kept = lines.filter((line) => line !== null)
  return kept.length > 0 ? [`## ${title}`, '', ...kept].join('\n') : null
}

const bullet = (label: string, value: string): string | null =>
  value ? `- **${label}**: ${escapeMarkdown(value)}` : null

const fileLine = ({ key, size }: ContentFile): string => `- ${codeSpan(key)} (${size} bytes)`

const list = <T>(items: readonly T[], line: (item: T) => string): string[] => [
  ...items.slice(0, LISTED).map(line),
  ...(items.length > LISTED ? [`- and ${items.length - LISTED} more`] : []),
]
