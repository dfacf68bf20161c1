import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { ERRORS } from '../../src/base/errors.ts'
import { SETTINGS, type SettingName } from '../../src/config/settings.ts'
import { type Constant, constants, ROOT } from './constants.ts'

const page = readFileSync(join(ROOT, 'docs/limits.md'), 'utf8')

/** Numbers with names that bound nothing: how formats are laid out, units, statuses. */
const NO_LIMITS = new Set(
  [
    'base/egress-agents.ts AGENT.pipelining AGENT.headersTimeout AGENT.bodyTimeout',
    'config/parsers.ts UNITS.KIB UNITS.MIB UNITS.GIB UNITS.TIB',
    'config/service-settings.ts MIB GIB TIB',
    'export/directory-record.ts SIGNATURE RECORD_BYTES FLAGS_OF_ENCRYPTION FLAG_PATCH METHOD_AES MODE_KINDS MODE_FILE MODE_FOLDER MODE_PIPE DOS_FOLDER',
    'export/end-record.ts END_BYTES LOCATOR_SIGNATURE LOCATOR_BYTES END64_SIGNATURE END64_BYTES',
    'export/extents.ts LOCAL_HEADER_BYTES',
    'export/extra-fields.ts ZIP64_FIELD UNICODE_PATH_FIELD',
    'export/little-endian.ts MAX_U16 MAX_U32',
    'export/local-header.ts SIGNATURE',
    'local/folder-lock.ts SQLITE_BUSY',
    'local/folder-upload.ts READ_ONLY',
    'local/sqlite-errors.ts SQLITE_BUSY SQLITE_LOCKED',
    'operator/exit.ts EXIT.ok EXIT.failed EXIT.usage EXIT.interrupted',
    'packaging/run-progress.ts NOTHING.files NOTHING.bytes',
    'quilt/crc64-nvme.ts POLYNOMIAL_HIGH POLYNOMIAL_LOW SLICES',
    'quilt/number-literal.ts SCIENTIFIC_BELOW SCIENTIFIC_FROM',
    'quilt/walk-order.ts SLASH',
    'aws/dynamo-history-items.ts PLACES',
    'aws/dynamo-item.ts FORMAT',
    'reconcile/tenant-state.ts NEW_TENANT.failures',
    'aws/s3-versioning.ts MINUTE_MS',
    'canvas/route.ts HOME_ROUTE.page',
    'webhook/door.ts NOT_FOUND.status',
  ].flatMap((line) => {
    const [path, ...names] = line.split(' ')
    return names.map((name) => `src/${path} ${name}`)
  }),
)

type Row = {
  readonly limit: string
  readonly value: string
  readonly why: string
  readonly effect: string
  readonly name: string
  readonly path: string | undefined
}

const cells = (line: string): string[] =>
  line
    .slice(1, -1)
    .split('|')
    .map((cell) => cell.trim())

const rows: Row[] = page.split('\n').flatMap((line) => {
  const [limit = '', value = '', why = '', effect = '', where = ''] = line.startsWith('| ') ? cells(line) : []
  const [, name, path] = /^`([\w.]+)`(?: in `(src\/[\w/-]+\.ts)`)?$/.exec(where) ?? []
  return name ? [{ limit, value, why, effect, name, path }] : []
})

const UNITS: Readonly<Record<string, number>> = {
  '': 1, bytes: 1, characters: 1, KiB: 2 ** 10, MiB: 2 ** 20, GiB: 2 ** 30, TiB: 2 ** 40,
  '%': 0.01, ms: 1, s: 1_000, min: 60_000, h: 3_600_000, days: 86_400_000,
} // biome-ignore format: a table

/** A quantity as the page writes it, in bytes, milliseconds or as a plain number; NaN for anything else. */
const amount = (text: string): number => {
  const [, digits, unit = ''] = /^(\d+(?:\.\d+)?)(?: (\w+|%))?$/.exec(text) ?? []
  return Number(digits) * (UNITS[unit] ?? Number.NaN)
}

/** A constant in the same measure: its name tells the unit. */
const measured = ({ name, value }: Pick<Constant, 'name' | 'value'>): number =>
  /_(S|SECONDS)$/.test(name) && !/PER_SECOND/.test(name) ? value * 1_000 : value

/** Lengths that stand in a pattern: `const NAME = /^[a-z]{1,100}$/`. */
const patternHolds = (path: string, name: string, length: number): boolean => {
  const source = readFileSync(join(ROOT, path), 'utf8')
  return new RegExp(`const ${name} = /.*\\{1,${length}\\}.*/`).test(source)
}

const known = new Map(constants().map((constant) => [`${constant.path} ${constant.name}`, constant]))
const fixed = rows.filter((row): row is Row & { path: string } => row.path !== undefined)

describe('docs/limits.md', () => {
  test('has a row for every number that has a name in the service', () => {
    expect(known.size).toBeGreaterThan(150)
    const told = new Set(fixed.map(({ path, name }) => `${path} ${name}`))
    const silent = [...known.keys()].filter((key) => !told.has(key) && !NO_LIMITS.has(key))
    expect(silent).toEqual([])
    expect([...NO_LIMITS].filter((key) => !known.has(key))).toEqual([])
  })

  test('has each of them once', () => {
    const names = rows.map(({ path, name }) => `${path} ${name}`)
    expect(names.filter((name, at) => names.indexOf(name) !== at)).toEqual([])
  })

  test('says the value of each', () => {
    const wrong = fixed.flatMap(({ path, name, value }) => {
      const constant = known.get(`${path} ${name}`)
      if (!constant) return patternHolds(path, name, amount(value)) ? [] : [`${path} ${name} is not ${value}`]
      const real = measured(constant)
      const right = Math.abs(amount(value) - real) < 1e-9
      return right ? [] : [`${path} ${name} is ${real}, the page says ${value}`]
    })
    expect(wrong).toEqual([])
  })

  const settings = rows.filter(({ path }) => path === undefined)
  test('says the default of each setting it names', () => {
    const wrong = settings.filter(({ name, value }) => {
      const setting = SETTINGS[name as SettingName]
      if (setting.default === null) return value !== '–'
      if (value.startsWith('`')) return value !== `\`${setting.default}\``
      const parsed = Number(setting.schema.parse(setting.default))
      return amount(value) !== measured({ name, value: parsed })
    })
    expect(wrong).toEqual([])
  })

  const numeric = (Object.keys(SETTINGS) as SettingName[]).filter((name) =>
    /^\d+([KMGT]iB)?$/.test(SETTINGS[name].default ?? ''),
  )

  test('has every setting that is a number, and those that say where downloads may go', () => {
    const names = settings.map(({ name }) => name)
    const wanted = numeric.filter((name) => name !== 'PORT')
    expect(names).toEqual(
      expect.arrayContaining([...wanted, 'EXPORT_DOWNLOAD_HOSTS', 'EXPORT_PRIVATE_NETWORKS']),
    )
  })

  test('says what the settings accept', () => {
    const ranges = [...page.matchAll(/^\| `([A-Z_]+)` \| ([\w ]+) \| ([\w ]+) \|$/gm)]
    expect(ranges.map(([, name]) => name).sort()).toEqual([...numeric].sort())
    for (const [, name, from = '', to = ''] of ranges) {
      const { schema } = SETTINGS[name as SettingName]
      const takes = (value: number): boolean => schema.safeParse(String(value)).success
      const [least, most] = [amount(from), amount(to)]
      expect([name, takes(least), takes(most)]).toEqual([name, true, true])
      expect([name, takes(least - 1), takes(most + 1)]).toEqual([name, false, false])
    }
  })

  test('names only codes that exist', () => {
    const codes = [...page.matchAll(/`([a-z]+\.[a-z_]+)`/g)]
      .map(([, code]) => code!)
      .filter((code) => !/\.(json|md|ts)$/.test(code))
    expect(codes.length).toBeGreaterThan(20)
    expect(codes.filter((code) => !(code in ERRORS))).toEqual([])
  })

  test('says why and what happens, for every limit', () => {
    for (const { limit, why, effect } of rows)
      expect([limit, why, effect].every((cell) => cell !== '')).toBe(true)
  })
})
