import { isDeepStrictEqual } from 'node:util'
import type { JsonObject } from '../../../src/base/json.ts'
import type { ApiEntry } from '../../../src/simulator/entries/api-entry.ts'
import type { Content, EntryFacts, PackageFacts, RevisionFacts, World } from '../world.ts'

const DOCUMENT = /^(entry|entry_data|links|input|files|names)\.json$|^README\.md$|^tables\//
/** Attachments that exports left out. */
const FETCHED = /^attachments\//
/** Copies for readers of the known system, beside what the API says. */
const COPIES = ['display_id', 'web_url', 'created_at', 'modified_at']

const packageOf = (world: World, { displayId }: EntryFacts): PackageFacts | undefined =>
  world.packages.find(({ name }) => name.endsWith(`/${displayId}`))

/** Every entry that was spoken of has a package, and its newest revision says what the entry says now. */
export const equalsLastState = (world: World): string[] =>
  world.tenant.entries.flatMap((entry) => {
    if (!world.tenant.deliveries.some(({ entryId }) => entryId === entry.id)) return []
    const its = packageOf(world, entry)
    const newest = its?.revisions.at(-1)
    if (!its || !newest) return [`${entry.id} has no package`]
    return differences(entry, newest).map((what) => `${its.name}: ${what}`)
  })

const differences = (entry: EntryFacts, revision: RevisionFacts): string[] => {
  if (revision.problem) return []
  const { documents, meta } = revision
  const facts = without(json(documents['entry_data.json']), COPIES)
  const tables = tablesOf(entry.api as unknown as ApiEntry)
  const written = Object.keys(documents).filter((key) => key.startsWith('tables/'))
  return [
    isDeepStrictEqual(facts, plain(entry.api)) ? null : 'entry_data.json is not what the entry says now',
    isDeepStrictEqual(json(documents['entry.json']), meta) ? null : 'entry.json and the metadata differ',
    meta.entry_id === entry.id && meta.display_id === entry.displayId
      ? null
      : 'the metadata name another entry',
    isDeepStrictEqual(written.sort(), Object.keys(tables).sort()) ? null : 'the tables are others',
    ...written.map((key) =>
      documents[key] === tables[key] ? null : `${key} is not what the notebook shows`,
    ),
    sameFiles(entry, revision) ? null : 'the files are not those of an export begun after the last change',
  ].filter((problem) => problem !== null)
}

/** Exactly the members of one export that was begun after the last change, and the files exports leave out. */
const sameFiles = ({ exports, unscanned, modifiedAt }: EntryFacts, { files }: RevisionFacts): boolean => {
  const here = files.filter(({ name }) => !DOCUMENT.test(name))
  const singly = unscanned.map((file) => ({ ...file, name: `attachments/${file.name}` }))
  return exports.some(
    ({ members, startedAt }) =>
      members !== null &&
      startedAt >= modifiedAt &&
      isDeepStrictEqual(list(here), list([...members, ...singly])),
  )
}

const list = (files: readonly Content[]): string[] =>
  files.map(({ name, size, sha256 }) => `${name} ${size} ${sha256}`).sort()

const tablesOf = ({ days }: ApiEntry): Record<string, string> =>
  Object.fromEntries(
    days
      .flatMap(({ notes }) => notes)
      .flatMap(({ table }) => (table ? [table] : []))
      .map((table) => [
        `tables/${table.name}.csv`,
        [table.columnLabels ?? [], ...table.rows.map(({ cells }) => cells.map(({ text }) => text))]
          .map((row) => `${row.join(',')}\r\n`)
          .join(''),
      ]),
  )

/** Every revision can be read and every byte of it is right; `latest` is the newest one. */
export const everyRevisionVerifies = (world: World): string[] =>
  world.packages.flatMap(({ name, latest, revisions }) => [
    ...revisions.flatMap(({ at, problem }) => (problem ? [`${name} at ${at}: ${problem}`] : [])),
    ...(latest === revisions.at(-1)?.topHash ? [] : [`${name}: latest is not the newest revision`]),
  ])

/** No two revisions of a package say the same: not by their top hash, and not by files and metadata either. */
export const noRevisionTwice = (world: World): string[] =>
  world.packages.flatMap(({ name, revisions }) => {
    const seen = new Set<string>()
    return revisions.flatMap(({ at, topHash, meta, files, problem }) => {
      const says = problem ? topHash : JSON.stringify([meta, list(files)])
      const repeated = seen.has(topHash) || seen.has(says)
      seen.add(topHash).add(says)
      return repeated ? [`${name}: the revision at ${at} repeats an earlier one`] : []
    })
  })

/**
 * Every revision, the old ones too, holds exactly the members of one export of its entry, never of two mixed, and no two
 * revisions are made of the same export: so there are never more revisions than exports.
 */
export const everyRevisionIsOneExport = (world: World): string[] =>
  world.tenant.entries.flatMap((entry) => {
    const exports = entry.exports.map(({ members }) => members && list(members).join('\n'))
    const used = new Set<string>()
    return (packageOf(world, entry)?.revisions ?? []).flatMap(({ at, files, problem }) => {
      if (problem) return []
      const members = list(files.filter(({ name }) => !DOCUMENT.test(name) && !FETCHED.test(name))).join('\n')
      const again = used.has(members)
      used.add(members)
      return [
        ...(exports.includes(members) ? [] : [`${entry.id} at ${at}: its files are not those of one export`]),
        ...(again ? [`${entry.id} at ${at}: an earlier revision is made of the same export`] : []),
      ]
    })
  })

const json = (text: string | undefined): JsonObject => (text === undefined ? {} : JSON.parse(text))
const plain = (value: JsonObject): JsonObject => JSON.parse(JSON.stringify(value))
const without = (value: JsonObject, keys: readonly string[]): JsonObject =>
  Object.fromEntries(Object.entries(value).filter(([key]) => !keys.includes(key)))
