import { AthenaClient } from '@aws-sdk/client-athena'
import { abortable } from '../base/abortable.ts'
import { ALLOW_ALL, type AllowList } from '../base/allow-list.ts'
import type { Clock } from '../base/clock.ts'
import { asFault, Fault } from '../base/fault.ts'
import { faultFields, type Logger } from '../base/log.ts'
import { isPackageName } from '../quilt/names.ts'
import { asTopHash } from '../quilt/top-hash.ts'
import {
  collectFound,
  type FoundPackage,
  type FoundPackages,
  type PackageQuery,
} from '../registry/package-query.ts'
import { AthenaApi } from './athena-api.ts'
import { tablesChanged } from './athena-faults.ts'
import type { Row } from './athena-run.ts'
import { AthenaSearch } from './athena-search.ts'
import { identifier, parameter } from './athena-sql.ts'
import { icebergTables, packagesViews, tableList } from './athena-tables.ts'
import { type AwsAddress, clientConfig } from './aws-client.ts'

export type AthenaQueryOptions = AwsAddress & {
  /** The stack's output `IcebergDatabaseName`; absent for stacks that have none. */
  readonly icebergDatabase?: string | null
  /** Default: the workgroup of the other database. */
  readonly icebergWorkgroup?: string | null
  /** The stack's output `UserAthenaDatabaseName`, where older stacks have a view for each bucket. */
  readonly userDatabase?: string | null
  /** Default: `primary`. */
  readonly userWorkgroup?: string | null
  /** The key under which packages name the entry they belong to, as it is configured now. */
  readonly metadataKey: () => string
  /** What may be shown: other buckets are not searched. */
  readonly allow?: AllowList
  readonly clock: Clock
  readonly log: Logger
}

const DEFAULT_WORKGROUP = 'primary'

/**
 * Finds packages in every bucket of a Quilt stack: by its Iceberg tables, and for buckets that have none by the older
 * view. Which there are is asked once an hour, and anew when a query finds them gone. The databases are independent: one
 * that fails leaves its problem beside what the other gives. Throws `config.invalid` when no region is known, or no
 * database, or one with an unusable name.
 */
export const createAthenaPackageQuery = async (
  o: AthenaQueryOptions,
): Promise<PackageQuery & { close(): void }> => {
  const client = new AthenaClient(clientConfig(o))
  try {
    await client.config.region()
  } catch (cause) {
    throw new Fault('config.invalid', {}, { detail: 'The AWS region is not set: AWS_REGION.', cause })
  }
  const api = new AthenaApi({ client, clock: o.clock, log: o.log })
  const databases = databasesOf(o).map((database) => ({
    ...database,
    list: tableList(api, database.place),
  }))
  const allow = o.allow ?? ALLOW_ALL
  const search = new AthenaSearch(api)

  const find = async (value: string, signal: AbortSignal): Promise<FoundPackages> => {
    parameter(value) // refused before anything is asked
    const problems: Fault[] = []
    const seen = new Set<string>()
    let complete = true
    const parts = []
    const lists = await Promise.all(
      databases.map(({ list, place }) =>
        abortable(list.get(), signal).catch((thrown: unknown) => {
          signal.throwIfAborted()
          const fault = asFault(thrown)
          o.log.warn({ ...faultFields(fault), ...place }, 'the tables of a database could not be listed')
          problems.push(fault)
          return null
        }),
      ),
    )
    let tablesSeen = 0
    for (const [at, { place, tablesAmong }] of databases.entries()) {
      const listed = lists[at]
      if (!listed) continue
      complete &&= listed.complete
      const all = tablesAmong(place.database, listed.names)
      tablesSeen += all.length
      const tables = all.filter(({ bucket }) => !seen.has(bucket) && allow.allowsBucket(bucket))
      for (const { bucket } of tables) seen.add(bucket)
      parts.push({ place, tables })
    }
    if (tablesSeen === 0 && problems.length === 0) problems.push(new Fault('query.no_tables'))

    const searched = await search.run(parts, o.metadataKey(), value, signal)
    for (const { database, fault } of searched.problems) {
      problems.push(fault)
      if (tablesChanged(fault)) databases.find(({ place }) => place.database === database)?.list.drop()
    }
    if (searched.answered === 0 && problems[0]) throw problems[0]
    const found = searched.rows.flatMap((row) => foundIn(row, seen, allow))
    return collectFound(found, complete && searched.complete, problems[0] ?? null)
  }
  return { find, close: () => client.destroy() }
}

/** Iceberg first: it is kept current, tells top hashes, and newer stacks have nothing else. */
const databasesOf = (o: AthenaQueryOptions) => {
  const workgroup = o.userWorkgroup ?? DEFAULT_WORKGROUP
  const named = [
    {
      database: o.icebergDatabase,
      workgroup: o.icebergWorkgroup ?? workgroup,
      tablesAmong: icebergTables,
    },
    { database: o.userDatabase, workgroup, tablesAmong: packagesViews },
  ]
  const found = named.flatMap(({ database, workgroup, tablesAmong }) => {
    if (!database) return []
    identifier(database)
    return [{ place: { database, workgroup }, tablesAmong }]
  })
  if (found.length === 0)
    throw new Fault('config.invalid', {}, { detail: 'No Athena database is set to search for packages.' })
  return found
}

/** A row as a package; what is none, or may not be shown, is passed over. */
const foundIn = (
  [bucket, name, topHash]: Row,
  searched: ReadonlySet<string>,
  allow: AllowList,
): FoundPackage[] =>
  bucket && name && searched.has(bucket) && isPackageName(name) && allow.allows(bucket, name)
    ? [{ bucket, name, topHash: topHash ? asTopHash(topHash) : null }]
    : []
