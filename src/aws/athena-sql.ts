import { Fault } from '../base/fault.ts'
import { keySpellings } from '../registry/package-query.ts'
import type { BucketTables } from './athena-tables.ts'

/** A statement and its execution parameters, each the text of a SQL literal. */
export type Statement = { readonly sql: string; readonly parameters: readonly string[] }

/** Rows one statement gives at most: more than are kept, because the allow list is applied to what it gives. */
export const ROWS_LIMIT = 5_000
/** Athena takes no longer parameter (API reference, StartQueryExecution). */
const PARAMETER_MAX_CHARACTERS = 1_024

/** What tables and databases of the Glue catalog are called here. Anything else does not come into a statement. */
const NAME = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,254}$/
const METADATA_KEY = /^[A-Za-z_][A-Za-z0-9_-]{0,127}$/
/** Control characters but tab and line breaks: nobody says what Athena does with them. */
const UNSPEAKABLE = /(?![\t\n\r])\p{Cc}/u

/**
 * The current packages of some buckets whose metadata has `value` under `key`. Values are execution parameters, which
 * Athena takes in the WHERE clause only ("Use parameterized queries"); a bucket's name and the path of the key are
 * literals of a checked form. `tables` are all of one kind. Throws `query.value_unsupported`, `config.invalid`.
 */
export const packagesStatement = (tables: readonly BucketTables[], key: string, value: string): Statement => {
  const spellings = keySpellings(key)
  const conditions = spellings.map((spelling) => `json_extract_scalar(metadata, ${jsonPath(spelling)}) = ?`)
  const sql = [
    'SELECT DISTINCT bucket, pkg_name, top_hash FROM (',
    tables.map(currentPackages).join('\nUNION ALL\n'),
    ') AS found',
    `WHERE ${conditions.join(' OR ')}`,
    `ORDER BY pkg_name, bucket LIMIT ${ROWS_LIMIT}`,
  ].join('\n')
  return { sql, parameters: spellings.map(() => parameter(value)) }
}

/** quilt-formats.md §7.2 for Iceberg tables, §7.1 for the older view, which does not tell the top hash. */
const currentPackages = ({ bucket, database, from }: BucketTables): string => {
  const db = identifier(database)
  return from.kind === 'iceberg'
    ? [
        `SELECT ${quoted(bucket)} AS bucket, t.pkg_name AS pkg_name, t.top_hash AS top_hash, m.metadata AS metadata`,
        `FROM ${db}.${identifier(from.tags)} t`,
        `JOIN ${db}.${identifier(from.manifests)} m ON t.top_hash = m.top_hash`,
        "WHERE t.tag_name = 'latest'",
      ].join('\n')
    : [
        `SELECT ${quoted(bucket)} AS bucket, v.pkg_name AS pkg_name, CAST(NULL AS varchar) AS top_hash, v.user_meta AS metadata`,
        `FROM ${db}.${identifier(from.view)} v`,
        `WHERE v."timestamp" = 'latest'`,
      ].join('\n')
}

/** The one way in which a name of a table or database comes into a statement. Throws `config.invalid`. */
export const identifier = (name: string): string => {
  if (!NAME.test(name))
    throw new Fault('config.invalid', {}, { detail: 'A database of Athena has a name that cannot be used.' })
  return `"${name.replaceAll('"', '""')}"`
}

/** The one way in which a value goes to Athena: as the text of a literal. Throws `query.value_unsupported`. */
export const parameter = (value: string): string => {
  const text = quoted(value)
  if (!value.isWellFormed() || UNSPEAKABLE.test(value) || text.length > PARAMETER_MAX_CHARACTERS)
    throw new Fault('query.value_unsupported', { characters: value.length })
  return text
}

/** The form with brackets takes keys with a dash, too. Throws `config.invalid`. */
const jsonPath = (key: string): string => {
  if (!METADATA_KEY.test(key))
    throw new Fault('config.invalid', {}, { detail: 'The metadata key (PKG_KEY) cannot be searched for.' })
  return quoted(`$["${key}"]`)
}

/** Trino knows no escapes in strings but the doubled quote. */
const quoted = (text: string): string => `'${text.replaceAll("'", "''")}'`
