import { randomUUID } from 'node:crypto'
import {
  GetQueryExecutionCommand,
  GetQueryResultsCommand,
  StartQueryExecutionCommand,
  StopQueryExecutionCommand,
} from '@aws-sdk/client-athena'
import { abortable } from '../base/abortable.ts'
import { asFault, Fault } from '../base/fault.ts'
import { faultFields } from '../base/log.ts'
import { asleep } from '../jobs/asleep.ts'
import { type AthenaApi, CATALOG } from './athena-api.ts'
import { endedFault } from './athena-faults.ts'
import { ROWS_LIMIT, type Statement } from './athena-sql.ts'
import type { AthenaPlace } from './athena-tables.ts'

/** A row's cells; null where a column has none. */
export type Row = readonly (string | null)[]

/** Pauses between two questions whether a query is done. */
const POLL_FIRST_MS = 100
const POLL_GROWTH = 1.5
const POLL_CAP_MS = 1_000
/** How long a query may take, its wait in Athena's queue included. */
const QUERY_TIMEOUT_MS = 30_000
/** How long stopping a query is waited for. */
const STOP_GRACE_MS = 5_000
/** Rows on a page of results: the most that Athena gives. */
const ROWS_ON_PAGE = 1_000

/**
 * Runs a statement and reads its rows, without the header. Nothing is said about where results go: workgroups with
 * results managed by AWS refuse such words. A query that takes too long, or that nobody waits for any more, is stopped.
 * Throws `query.*`, and the signal's reason when it is aborted.
 */
export const runStatement = async (
  api: AthenaApi,
  statement: Statement,
  place: AthenaPlace,
  signal: AbortSignal,
): Promise<Row[]> => {
  const late = new AbortController()
  const over = new AbortController()
  void asleep(api.clock, QUERY_TIMEOUT_MS, over.signal).then((due) => due && late.abort(new Error('late')))
  const both = AbortSignal.any([signal, late.signal])
  // Not aborted: a query whose id nobody heard of could not be stopped.
  const started = start(api, statement, place)
  let ended = false
  try {
    const query = await abortable(started, both)
    await completed(api, query, both, () => {
      ended = true
    })
    return await rowsOf(api, query, both)
  } catch (thrown) {
    if (!ended) await stopped(api, started)
    if (signal.aborted) throw signal.reason
    if (late.signal.aborted) throw new Fault('query.timeout', { ...place, ms: QUERY_TIMEOUT_MS })
    throw thrown
  } finally {
    over.abort()
  }
}

const start = async (api: AthenaApi, { sql, parameters }: Statement, place: AthenaPlace): Promise<string> => {
  // One for all tries: a start whose answer was lost starts no second query.
  const token = randomUUID()
  const { QueryExecutionId } = await api.call({ operation: 'StartQueryExecution', ...place }, (options) =>
    api.client.send(
      new StartQueryExecutionCommand({
        QueryString: sql,
        ExecutionParameters: [...parameters],
        ClientRequestToken: token,
        QueryExecutionContext: { Catalog: CATALOG, Database: place.database },
        WorkGroup: place.workgroup,
      }),
      options,
    ),
  )
  if (QueryExecutionId === undefined) throw new Fault('query.failed', { ...place, reason: 'no id' })
  return QueryExecutionId
}

/** Waits until the query is done. `end` is called as soon as it needs no stopping, whatever came of it. */
const completed = async (
  api: AthenaApi,
  query: string,
  signal: AbortSignal,
  end: () => void,
): Promise<void> => {
  for (let pause = POLL_FIRST_MS; ; pause = Math.min(POLL_CAP_MS, pause * POLL_GROWTH)) {
    const { QueryExecution } = await api.call(
      { operation: 'GetQueryExecution', query },
      (options) => api.client.send(new GetQueryExecutionCommand({ QueryExecutionId: query }), options),
      signal,
    )
    const status = QueryExecution?.Status ?? {}
    if (status.State === 'SUCCEEDED') return end()
    if (status.State === 'FAILED' || status.State === 'CANCELLED') {
      end()
      throw endedFault(status, { query })
    }
    await api.clock.sleep(pause, signal)
  }
}

const rowsOf = async (api: AthenaApi, query: string, signal: AbortSignal): Promise<Row[]> => {
  const rows: Row[] = []
  let header: string | null = null
  let token: string | undefined
  do {
    const { ResultSet, NextToken } = await api.call(
      { operation: 'GetQueryResults', query },
      (options) =>
        api.client.send(
          new GetQueryResultsCommand({
            QueryExecutionId: query,
            MaxResults: ROWS_ON_PAGE,
            ...(token === undefined ? {} : { NextToken: token }),
          }),
          options,
        ),
      signal,
    )
    const page = (ResultSet?.Rows ?? []).map(({ Data }) =>
      (Data ?? []).map((cell) => cell.VarCharValue ?? null),
    )
    // The first row repeats the names of the columns, if Athena gave them; what is no data is told by comparing.
    header ??= (ResultSet?.ResultSetMetadata?.ColumnInfo ?? []).map(({ Name }) => Name ?? '').join()
    rows.push(...(rows.length === 0 && page[0]?.join() === header ? page.slice(1) : page))
    token = NextToken
  } while (token !== undefined && rows.length < ROWS_LIMIT)
  return rows
}

/** Stops a query, as far as that is possible now: what cannot be stopped ends by the limits of its workgroup. */
const stopped = async (api: AthenaApi, started: Promise<string>): Promise<void> => {
  const stop = async () => {
    const query = await started.catch(() => null)
    if (query === null) return
    await api.call({ operation: 'StopQueryExecution', query }, (options) =>
      api.client.send(new StopQueryExecutionCommand({ QueryExecutionId: query }), options),
    )
  }
  const over = new AbortController()
  const stopping = stop().catch((thrown) =>
    api.log.warn(faultFields(asFault(thrown)), 'a query could not be stopped'),
  )
  await Promise.race([stopping, asleep(api.clock, STOP_GRACE_MS, over.signal)])
  over.abort()
}
