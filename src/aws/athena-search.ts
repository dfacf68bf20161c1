import { mapConcurrent } from '../base/concurrency.ts'
import { Fault } from '../base/fault.ts'
import { faultFields } from '../base/log.ts'
import type { AthenaApi } from './athena-api.ts'
import { type Row, runStatement } from './athena-run.ts'
import { packagesStatement, ROWS_LIMIT } from './athena-sql.ts'
import type { AthenaPlace, BucketTables } from './athena-tables.ts'

/** Buckets that one statement reads: three stages each, and an engine takes about a hundred. */
const BUCKETS_IN_ONE = 20
/** Statements of one search at the same time: Athena has a limit for the whole account. */
const STATEMENTS_AT_ONCE = 4
/** Statements one search may need to find out which buckets cannot be read. */
const EXTRA_STATEMENTS = 20

/** Tables that are searched by one statement. */
type Group = { readonly place: AthenaPlace; readonly tables: readonly BucketTables[] }

/** `problems` by the database they arose in: these parts were not searched. */
export type Searched = {
  readonly rows: readonly Row[]
  readonly complete: boolean
  readonly answered: number
  readonly problems: readonly { readonly database: string; readonly fault: Fault }[]
}

/**
 * Searches the tables of many buckets. One bucket whose tables cannot be read spoils every statement it is part of, so
 * a statement that failed is halved until it is alone, and from then on it is asked alone, until it can be read again.
 */
export class AthenaSearch {
  readonly #api: AthenaApi
  readonly #apart = new Set<string>()

  constructor(api: AthenaApi) {
    this.#api = api
  }

  /** Throws only the signal's reason, and what the key or the value itself is refused for. */
  async run(
    parts: readonly { readonly place: AthenaPlace; readonly tables: readonly BucketTables[] }[],
    key: string,
    value: string,
    signal: AbortSignal,
  ): Promise<Searched> {
    const groups = parts.flatMap(({ place, tables }) => this.#grouped(place, tables))
    const problems: Searched['problems'][number][] = []
    const rows: Row[] = []
    let complete = true
    let answered = 0
    let extra = EXTRA_STATEMENTS

    const ask = async (group: Group, inner: AbortSignal): Promise<void> => {
      const { place, tables } = group
      const statement = packagesStatement(tables, key, value)
      try {
        const found = await runStatement(this.#api, statement, place, inner)
        rows.push(...found)
        answered++
        if (found.length >= ROWS_LIMIT) complete = false
        if (tables.length === 1) this.#apart.delete(idOf(tables[0]!))
        return
      } catch (thrown) {
        if (inner.aborted || !(thrown instanceof Fault)) throw thrown
        const fields = { ...faultFields(thrown), database: place.database, buckets: tables.length }
        this.#api.log.warn(fields, 'a part of the packages could not be searched')
        const halves = isAboutTables(thrown) && tables.length > 1 && extra >= 2 ? halved(group) : null
        if (halves === null) {
          if (tables.length === 1) this.#apart.add(idOf(tables[0]!))
          problems.push({ database: place.database, fault: thrown })
          return
        }
        extra -= halves.length
        for (const half of halves) await ask(half, inner)
      }
    }
    await mapConcurrent(groups, STATEMENTS_AT_ONCE, ask, signal)
    return { rows, complete, answered, problems }
  }

  #grouped(place: AthenaPlace, tables: readonly BucketTables[]): Group[] {
    const together = tables.filter((one) => !this.#apart.has(idOf(one)))
    const alone = tables.filter((one) => this.#apart.has(idOf(one)))
    const count = Math.ceil(together.length / BUCKETS_IN_ONE)
    return [
      ...Array.from({ length: count }, (_, at) =>
        together.slice(at * BUCKETS_IN_ONE, (at + 1) * BUCKETS_IN_ONE),
      ),
      ...alone.map((one) => [one]),
    ].map((group) => ({ place, tables: group }))
  }
}

const idOf = ({ database, bucket }: BucketTables): string => `${database} ${bucket}`

/** A query that was run and failed; not an Athena that is away, busy or closed to us as a whole. */
const isAboutTables = ({ code, facts }: Fault): boolean =>
  (code === 'query.failed' || code === 'query.refused') && facts.state === 'FAILED'

const halved = ({ place, tables }: Group): Group[] => {
  const middle = Math.ceil(tables.length / 2)
  return [tables.slice(0, middle), tables.slice(middle)].map((half) => ({ place, tables: half }))
}
