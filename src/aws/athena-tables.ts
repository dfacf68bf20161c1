import { ListTableMetadataCommand } from '@aws-sdk/client-athena'
import { isBucketName } from '../base/bucket-name.ts'
import { Fresh } from '../base/fresh.ts'
import { type AthenaApi, CATALOG } from './athena-api.ts'

/** Where statements about a database run. */
export type AthenaPlace = { readonly database: string; readonly workgroup: string }

/** The tables from which the current packages of one bucket can be told. */
export type BucketTables = {
  readonly bucket: string
  readonly database: string
  readonly from:
    | { readonly kind: 'iceberg'; readonly tags: string; readonly manifests: string }
    | { readonly kind: 'view'; readonly view: string }
}

/** Names on a page: the most that Athena gives. */
const TABLES_ON_PAGE = 50
/** 20,000 tables: thousands of buckets. */
const TABLE_PAGES = 400
/** Tables appear when an operator adds a bucket to the stack. */
const LIST_AGAIN_MS = 3_600_000
/** While Athena does not answer. */
const BELIEVE_LIST_MS = 24 * 3_600_000

const TAGS = '_package_tag'
const MANIFESTS = '_package_manifest'
const VIEW = '_packages-view'

/** `complete`: false when there are more than are listed. */
export type TableList = { readonly names: readonly string[]; readonly complete: boolean }

/** The tables of a database, asked for once an hour. Its `get` throws `query.*`. */
export const tableList = (api: AthenaApi, place: AthenaPlace): Fresh<TableList> =>
  new Fresh(api.clock, { refreshAfterMs: LIST_AGAIN_MS, expireAfterMs: BELIEVE_LIST_MS }, () =>
    listTables(api, place),
  )

const listTables = async (api: AthenaApi, { database, workgroup }: AthenaPlace): Promise<TableList> => {
  const names: string[] = []
  let token: string | undefined
  for (let page = 0; page < TABLE_PAGES; page++) {
    const answer = await api.call({ operation: 'ListTableMetadata', database, workgroup }, (options) =>
      api.client.send(
        new ListTableMetadataCommand({
          CatalogName: CATALOG,
          DatabaseName: database,
          WorkGroup: workgroup,
          MaxResults: TABLES_ON_PAGE,
          ...(token === undefined ? {} : { NextToken: token }),
        }),
        options,
      ),
    )
    for (const { Name } of answer.TableMetadataList ?? []) if (Name !== undefined) names.push(Name)
    token = answer.NextToken
    if (token === undefined) return { names, complete: true }
  }
  return { names, complete: false }
}

/**
 * The Iceberg tables among them, by bucket (quilt-formats.md §7.2). Their names begin with the bucket as it is called: S3
 * allows no underscore in it, so where it ends is never in doubt. What is no bucket's name is passed over.
 */
export const icebergTables = (database: string, names: readonly string[]): BucketTables[] => {
  const all = new Set(names)
  return bucketsOf(names, TAGS).flatMap((bucket): BucketTables[] => {
    const [tags, manifests] = [`${bucket}${TAGS}`, `${bucket}${MANIFESTS}`]
    return all.has(manifests) ? [{ bucket, database, from: { kind: 'iceberg', tags, manifests } }] : []
  })
}

/** The older views among them, by bucket (quilt-formats.md §7.1). */
export const packagesViews = (database: string, names: readonly string[]): BucketTables[] =>
  bucketsOf(names, VIEW).map((bucket) => ({
    bucket,
    database,
    from: { kind: 'view', view: `${bucket}${VIEW}` },
  }))

const bucketsOf = (names: readonly string[], ending: string): string[] =>
  [...new Set(names)]
    .filter((name) => name.endsWith(ending))
    .map((name) => name.slice(0, -ending.length))
    .filter(isBucketName)
    .sort()
