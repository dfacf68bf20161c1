import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { identifier, packagesStatement, parameter } from '../../src/aws/athena-sql.ts'
import { icebergTables, packagesViews } from '../../src/aws/athena-tables.ts'
import { anyPoint } from '../support/any-point.ts'

const TABLES = icebergTables('iceberg', ['lab-1.eu_package_tag', 'lab-1.eu_package_manifest'])

describe('a statement', () => {
  it('has the bucket and the path as literals, tables as quoted identifiers, and no value', () => {
    const { sql, parameters } = packagesStatement(TABLES, 'experiment_id', "x' OR 1=1 --")
    expect(sql).toMatchInlineSnapshot(`
      "SELECT DISTINCT bucket, pkg_name, top_hash FROM (
      SELECT 'lab-1.eu' AS bucket, t.pkg_name AS pkg_name, t.top_hash AS top_hash, m.metadata AS metadata
      FROM "iceberg"."lab-1.eu_package_tag" t
      JOIN "iceberg"."lab-1.eu_package_manifest" m ON t.top_hash = m.top_hash
      WHERE t.tag_name = 'latest'
      ) AS found
      WHERE json_extract_scalar(metadata, '$["experiment_id"]') = ?
      ORDER BY pkg_name, bucket LIMIT 5000"
    `)
    expect(parameters).toEqual(["'x'' OR 1=1 --'"])
  })

  it('reads the older view where there is nothing else', () => {
    const views = packagesViews('user', ['lab_packages-view'])
    expect(packagesStatement(views, 'k', 'v').sql).toContain(
      `FROM "user"."lab_packages-view" v\nWHERE v."timestamp" = 'latest'`,
    )
  })

  it('has placeholders in its last WHERE clause only, where Athena takes them', () => {
    const { sql, parameters } = packagesStatement([...TABLES, ...TABLES], 'Experiment-ID', 'v')
    const [, last = ''] = sql.split(') AS found')
    expect(sql.split('?').length - 1).toBe(parameters.length)
    expect(last.split('?').length - 1).toBe(parameters.length)
  })

  it('asks for a key with capitals in lower case, too', () => {
    const { sql, parameters } = packagesStatement(TABLES, 'Experiment-ID', 'v')
    expect(sql).toContain(
      `'$["Experiment-ID"]') = ? OR json_extract_scalar(metadata, '$["experiment-id"]') = ?`,
    )
    expect(parameters).toEqual(["'v'", "'v'"])
  })

  it.each(['', "a'", 'a"]', 'a b', '1a', 'a.b', 'ä', `a${'b'.repeat(128)}`, 'a\n'])(
    'is not made for a key that settings would not take: %j',
    (key) => {
      expect(() => packagesStatement(TABLES, key, 'v')).toThrow('config.invalid')
    },
  )
})

describe('an identifier', () => {
  it.each(['', 'a"b', "a'b", 'a b', 'a;b', 'a\0', 'a\n', '-a', 'ä', 'a'.repeat(256)])(
    'is refused where it is no name of the catalog: %j',
    (name) => {
      expect(() => identifier(name)).toThrow('config.invalid')
    },
  )

  it('is quoted', () => {
    expect(identifier('my-bucket.eu_package_tag')).toBe('"my-bucket.eu_package_tag"')
  })
})

describe('a parameter', () => {
  it('is one literal, whatever the value is', () => {
    fc.assert(
      fc.property(fc.string({ unit: anyPoint, maxLength: 60 }), (value) => {
        let text: string
        try {
          text = parameter(value)
        } catch (thrown) {
          expect(thrown).toMatchObject({ code: 'query.value_unsupported' })
          return
        }
        expect(text.slice(1, -1).replaceAll("''", '')).not.toContain("'")
        expect(text.slice(1, -1).replaceAll("''", "'")).toBe(value)
      }),
    )
  })

  it.each(['\0', 'a\u0007', 'a\u009f', 'a\ud800', 'x'.repeat(1_023), "'".repeat(600)])(
    'is refused where Athena might not take it as it is: %j',
    (value) => {
      expect(() => parameter(value)).toThrow('query.value_unsupported')
    },
  )

  it('may be as long as Athena takes, with line breaks', () => {
    expect(parameter(`${'x'.repeat(1_021)}\n`)).toHaveLength(1_024)
  })
})

describe('tables', () => {
  it('belong to buckets whose names S3 allows, each with both of its tables', () => {
    const names = ['a.b-c', 'UPPER', 'x_y', '10.0.0.1', 'a', 'only-tags', 'lab"; DROP TABLE x; --'].flatMap(
      (bucket) =>
        bucket === 'only-tags'
          ? [`${bucket}_package_tag`]
          : [`${bucket}_package_tag`, `${bucket}_package_manifest`, `${bucket}_package_entry`],
    )
    expect(icebergTables('db', names).map(({ bucket }) => bucket)).toEqual(['a.b-c'])
  })

  it('that are views are told by their ending', () => {
    const names = ['lab_packages-view', 'lab_objects-view', 'lab_packages', 'x_y_packages-view']
    expect(packagesViews('db', names)).toEqual([
      { bucket: 'lab', database: 'db', from: { kind: 'view', view: 'lab_packages-view' } },
    ])
  })
})
