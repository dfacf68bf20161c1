import fc from 'fast-check'
import { beforeAll, describe, expect, it } from 'vitest'
import { createAthenaPackageQuery } from '../../src/aws/athena-package-query.ts'
import { packagesStatement, parameter } from '../../src/aws/athena-sql.ts'
import { icebergTables } from '../../src/aws/athena-tables.ts'
import { systemClock } from '../../src/base/clock.ts'
import type { Json } from '../../src/base/json.ts'
import { createLog } from '../../src/base/log.ts'
import type { FoundPackages } from '../../src/registry/package-query.ts'
import { anyPoint } from '../support/any-point.ts'
import { AthenaServer } from '../support/athena-server.ts'
import { execute, type QueryTable } from './duckdb.ts'

type Package = {
  readonly name: string
  readonly topHash: string
  readonly tag?: string
  /** JSON text, or what stands there instead of it. */
  readonly metadata: string | null
}
type Bucket = { readonly bucket: string; readonly kind: 'iceberg' | 'view'; readonly packages: Package[] }

const VARCHAR = 'varchar'
const ICEBERG = 'quilt-iceberg.db'
const USER = 'quilt_user'

/** The tables of quilt-formats.md §7.2, or the view of §7.1. */
const tablesOf = ({ bucket, kind, packages }: Bucket): QueryTable[] => {
  if (kind === 'view')
    return [
      {
        database: USER,
        name: `${bucket}_packages-view`,
        columns: { pkg_name: VARCHAR, timestamp: VARCHAR, message: VARCHAR, user_meta: VARCHAR },
        rows: packages.map(({ name, tag = 'latest', metadata }) => [name, tag, 'm', metadata]),
      },
    ]
  return [
    {
      database: ICEBERG,
      name: `${bucket}_package_tag`,
      columns: { pkg_name: VARCHAR, tag_name: VARCHAR, top_hash: VARCHAR },
      rows: packages.map(({ name, tag = 'latest', topHash }) => [name, tag, topHash]),
    },
    {
      database: ICEBERG,
      name: `${bucket}_package_manifest`,
      columns: { top_hash: VARCHAR, message: VARCHAR, metadata: VARCHAR },
      rows: packages.map(({ topHash, metadata }) => [topHash, 'm', metadata]),
    },
  ]
}

let count = 0
const hash = () => (++count).toString(16).padStart(64, '0')
const pack = (name: string, meta: Json, more: Partial<Package> = {}): Package => ({
  name,
  topHash: hash(),
  metadata: JSON.stringify(meta),
  ...more,
})

type Search = { readonly key: string; readonly value: string }

/**
 * What the query finds for each search when Athena's part is played by DuckDB: the statements and parameters that go
 * over the wire are noted, executed, and the wire gives their rows.
 */
const search = async (
  buckets: readonly Bucket[],
  searches: readonly Search[],
): Promise<{ found: FoundPackages[]; statements: number; left: Record<string, number> }> => {
  const tables = buckets.flatMap(tablesOf)
  const server = await AthenaServer.start()
  try {
    for (const database of [ICEBERG, USER])
      server.databases.set(
        database,
        tables.filter((table) => table.database === database).map(({ name }) => name),
      )
    server.polls = 0
    const all = async () => {
      const found: FoundPackages[] = []
      for (const { key, value } of searches) {
        const query = await createAthenaPackageQuery({
          region: 'eu-test-1',
          endpoint: server.url,
          credentials: { accessKeyId: 'AKIATEST', secretAccessKey: 'not-a-secret' },
          icebergDatabase: ICEBERG,
          userDatabase: USER,
          metadataKey: () => key,
          clock: systemClock,
          log: createLog('silent'),
        })
        found.push(await query.find(value, AbortSignal.timeout(60_000)))
        query.close()
      }
      return found
    }
    await all()
    const noted = server.queries.map(({ sql, parameters }) => ({ sql, parameters }))
    const { results, left } = await execute(tables, noted)
    const byText = new Map(noted.map((query, at) => [JSON.stringify(query), results[at]!]))
    server.answer = ({ sql, parameters }) => {
      const result = byText.get(JSON.stringify({ sql, parameters }))!
      if ('error' in result) throw new Error(result.error)
      expect(result.columns).toEqual(['bucket', 'pkg_name', 'top_hash'])
      return { rows: result.rows }
    }
    return { found: await all(), statements: noted.length, left }
  } finally {
    await server.close()
  }
}

const named = ({ packages }: FoundPackages) => packages.map(({ bucket, name }) => `${bucket} ${name}`)

/** What people, or somebody who means harm, could have for a display id. */
const HOSTILE = [
  "'",
  "''",
  "' OR '1'='1",
  "x') OR 1=1 --",
  '\'; DROP TABLE "quilt-iceberg.db"."lab_package_tag"; --',
  "x' UNION ALL SELECT 'lab', 'evil/p', 'x",
  "'||'x'||'",
  "' || (SELECT max(pkg_name) FROM found) || '",
  '"',
  '""',
  '"; --',
  '\\',
  "\\'",
  "\\' OR 1=1 --",
  '/* x */',
  '-- x',
  ';',
  '?',
  '$1',
  '%',
  '_',
  '$x',
  '{{x}}',
  'EXP 1/µ',
  'Größe',
  'e\u0301',
  'é',
  '🧬',
  '日本語',
  '\u202eevil',
  'line\nbreak',
  'line\r\nbreak',
  'tab\there',
  "line\n' OR 1=1 --",
  ' EXP1',
  'EXP1 ',
  'exp1',
  'EXP1',
  'null',
  'true',
  '1',
  '1.0',
  "U&'\\0027'",
  "E'\\''",
  'x'.repeat(1_000),
  `${"'".repeat(500)}`,
]

describe('the SQL of the package query, executed', () => {
  const lab: Bucket = {
    bucket: 'lab',
    kind: 'iceberg',
    packages: HOSTILE.map((value, at) => pack(`hostile/p${at}`, { experiment_id: value })),
  }
  const older: Bucket = { ...lab, bucket: 'older.lab-1', kind: 'view' }
  let result: Awaited<ReturnType<typeof search>>
  beforeAll(async () => {
    result = await search(
      [lab, older],
      HOSTILE.map((value) => ({ key: 'experiment_id', value })),
    )
  })

  it.each(HOSTILE.map((value, at) => [value.slice(0, 60), at] as const))(
    'finds exactly what has this display id: %j',
    (_, at) => {
      expect(result.found[at]).toMatchObject({ complete: true, problem: null })
      expect(named(result.found[at]!)).toEqual([`lab hostile/p${at}`, `older.lab-1 hostile/p${at}`])
    },
  )

  it('leaves every table as it was', () => {
    expect(Object.keys(result.left)).toHaveLength(3)
    expect(new Set(Object.values(result.left))).toEqual(new Set([HOSTILE.length]))
  })

  it('finds exactly what has any text', async () => {
    const values = fc.sample(fc.string({ unit: anyPoint, minLength: 1, maxLength: 40 }), {
      numRuns: 200,
      seed: 16,
    })
    const sound = [...new Set(values)].filter((value) => !/\p{Cc}/u.test(value) && value.isWellFormed())
    expect(sound.length).toBeGreaterThan(30)
    const packages = sound.map((value, at) => pack(`any/p${at}`, { experiment_id: value }))
    const { found } = await search(
      [{ bucket: 'lab', kind: 'iceberg', packages }],
      sound.map((value) => ({ key: 'experiment_id', value })),
    )
    expect(found.map(named)).toEqual(sound.map((_, at) => [`lab any/p${at}`]))
  })

  it('searches many buckets with dashes and dots in few statements, and keeps the bucket of each', async () => {
    const buckets = Array.from(
      { length: 45 },
      (_, at): Bucket => ({
        bucket: `lab-${at}.eu--x`,
        kind: at % 9 === 0 ? 'view' : 'iceberg',
        packages: [pack('same/name', { experiment_id: 'EXP1' }), pack('x/no', { experiment_id: 'EXP2' })],
      }),
    )
    const { found, statements } = await search(buckets, [{ key: 'experiment_id', value: 'EXP1' }])
    expect(named(found[0]!).toSorted()).toEqual(buckets.map(({ bucket }) => `${bucket} same/name`).toSorted())
    expect(statements).toBe(3)
    const tops = new Map(found[0]!.packages.map(({ bucket, topHash }) => [bucket, topHash]))
    for (const { bucket, kind, packages } of buckets)
      expect(tops.get(bucket)).toBe(kind === 'view' ? null : packages[0]!.topHash)
  })

  it('takes current revisions only', async () => {
    const packages = [
      pack('x/was', { k: 'v' }, { tag: '1700000000' }),
      pack('x/was', { k: 'other' }),
      pack('x/is', { k: 'other' }, { tag: '1700000000' }),
      pack('x/is', { k: 'v' }),
      pack('x/tagged', { k: 'v' }, { tag: 'LATEST' }),
    ]
    const both = (['iceberg', 'view'] as const).map((kind) => ({ bucket: `a-${kind}`, kind, packages }))
    const { found } = await search(both, [{ key: 'k', value: 'v' }])
    expect(named(found[0]!)).toEqual(['a-iceberg x/is', 'a-view x/is'])
  })

  it('gives a package once, however many rows say the same', async () => {
    const one = pack('x/a', { k: 'v' })
    const { found } = await search(
      [{ bucket: 'lab', kind: 'iceberg', packages: [one, one, one] }],
      [{ key: 'k', value: 'v' }],
    )
    expect(found[0]!.packages).toEqual([{ bucket: 'lab', name: 'x/a', topHash: one.topHash }])
  })

  it('takes a key as it is configured or in lower case, and nothing that only looks like it', async () => {
    const evil = `Exp-ID"]', '$["x`
    const packages = [
      pack('x/same', { 'Exp-ID': 'v' }),
      pack('x/lower', { 'exp-id': 'v' }),
      pack('x/upper', { 'EXP-ID': 'v' }),
      pack('x/nested', { a: { 'Exp-ID': 'v' } }),
      pack('x/evil', { [evil]: 'v', "'": 'v', '"': 'v', '': 'v', $: 'v', '*': 'v' }),
      pack('x/dots', { Exp: { ID: 'v' } }),
    ]
    const { found } = await search(
      [{ bucket: 'lab', kind: 'iceberg', packages }],
      [{ key: 'Exp-ID', value: 'v' }],
    )
    expect(named(found[0]!)).toEqual(['lab x/lower', 'lab x/same'])
  })

  it('is not disturbed by metadata that is no object, no JSON, or has something else under the key', async () => {
    const texts = [
      null,
      '',
      'no json',
      '{',
      '[]',
      '"v"',
      '1',
      'null',
      '{"k":null}',
      '{"k":["v"]}',
      '{"k":{"v":1}}',
    ]
    const packages = [
      ...texts.map((metadata, at) => pack(`x/p${at}`, {}, { metadata })),
      pack('x/text', { k: 'v' }),
      pack('x/number', { k: 7 }),
      pack('x/true', { k: true }),
    ]
    const values = ['v', '7', 'true', 'null', '["v"]', '{"v":1}']
    const { found } = await search(
      [{ bucket: 'lab', kind: 'iceberg', packages }],
      values.map((value) => ({ key: 'k', value })),
    )
    expect(found.map(named)).toEqual([['lab x/text'], ['lab x/number'], ['lab x/true'], [], [], []])
  })

  it('would show a parameter that is more than a literal', async () => {
    const tables = tablesOf({ bucket: 'lab', kind: 'iceberg', packages: [pack('x/a', { k: 'v' })] })
    const listed = tables.map(({ name }) => name)
    const { sql } = packagesStatement(icebergTables(ICEBERG, listed), 'k', 'v')
    const outcome = async (...texts: string[]) => {
      const { results } = await execute(
        tables,
        texts.map((text) => ({ sql, parameters: [text] })),
      )
      return results.map((result) => ('error' in result ? 'error' : result.rows.length))
    }
    expect(await outcome("'' || 'v'", "'v') --", "'it's'", "'v'")).toEqual([1, 1, 'error', 1])
    expect(await outcome(...["' || 'v", "v') --", "it's", 'v'].map(parameter))).toEqual([0, 0, 0, 1])
  })
})
