import { EventEmitter, once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'

/** What a query comes to. `rows` without the header; `running` goes on until it is stopped. */
export type AthenaOutcome =
  | { readonly rows: readonly (readonly (string | null)[])[] }
  | { readonly failed: string }
  | 'running'

export type AthenaQuery = {
  readonly id: string
  readonly sql: string
  readonly parameters: readonly string[]
  readonly database: string
  readonly workgroup: string
  readonly token: string
  state: 'RUNNING' | 'SUCCEEDED' | 'FAILED' | 'CANCELLED'
  outcome: AthenaOutcome
}

/** An answer instead of the real one: an error of the service, a broken connection, or silence until it is let go. */
export type AthenaFault =
  | { readonly error: string; readonly status: number; readonly message?: string }
  | 'reset'
  | 'lost-answer'
  | 'held'

type Operation =
  | 'ListTableMetadata'
  | 'StartQueryExecution'
  | 'GetQueryExecution'
  | 'GetQueryResults'
  | 'StopQueryExecution'

type Body = Record<string, unknown>

class Refusal extends Error {
  readonly status: number
  constructor(name: string, status: number, message = '') {
    super(message)
    this.name = name
    this.status = status
  }
}

const invalid = (message: string): Refusal => new Refusal('InvalidRequestException', 400, message)

/**
 * A small strict Athena in memory, on loopback: JSON 1.1, pages, idempotent starts. It runs no SQL: `answer` says what
 * a query comes to. What it does not know it refuses, so that nothing passes by luck.
 */
export class AthenaServer {
  /** Tables by database. */
  readonly databases = new Map<string, string[]>()
  readonly workgroups = new Set(['primary'])
  readonly queries: AthenaQuery[] = []
  /** Every request that was understood, in order of arrival. */
  readonly requests: Operation[] = []
  readonly faults: { readonly operation: Operation; readonly fault: AthenaFault }[] = []
  /** How often a query is still running when it is asked about. */
  polls = 1
  pageSize = 1_000
  answer: (query: AthenaQuery) => AthenaOutcome = () => ({ rows: [] })
  url = ''
  readonly #polled = new Map<string, number>()
  readonly #arrivals = new EventEmitter()
  readonly #server = createServer((request, response) => void this.#serve(request, response))
  #letGo: () => void = () => {}

  static async start(): Promise<AthenaServer> {
    const server = new AthenaServer()
    server.#server.listen(0, '127.0.0.1')
    await once(server.#server, 'listening')
    server.url = `http://127.0.0.1:${(server.#server.address() as AddressInfo).port}`
    return server
  }

  count(operation: Operation): number {
    return this.requests.filter((one) => one === operation).length
  }

  /** Resolves when so many requests of this operation have arrived in all. */
  async arrived(operation: Operation, count: number): Promise<void> {
    while (this.count(operation) < count) await once(this.#arrivals, 'request')
  }

  /** Lets the request go on that a fault holds. */
  letGo(): void {
    this.#letGo()
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections()
    this.#server.close()
    await once(this.#server, 'close')
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const send = (status: number, body: unknown): void => {
      response.writeHead(status, { 'content-type': 'application/x-amz-json-1.1' })
      response.end(JSON.stringify(body))
    }
    try {
      const [service, operation] = String(request.headers['x-amz-target']).split('.') as [string, Operation]
      const act = service === 'AmazonAthena' ? this.#actions[operation] : undefined
      if (!act || request.headers['content-type'] !== 'application/x-amz-json-1.1')
        throw new Refusal('UnknownOperationException', 400)
      if (!request.headers.authorization?.includes('/athena/aws4_request'))
        throw new Refusal('MissingAuthenticationToken', 403)
      const body = JSON.parse(await text(request)) as Body
      this.requests.push(operation)
      const at = this.faults.findIndex((one) => one.operation === operation)
      const fault = at < 0 ? undefined : this.faults.splice(at, 1)[0]!.fault
      this.#arrivals.emit('request')
      if (fault === 'reset') return void request.socket.destroy()
      if (fault === 'held') await new Promise<void>((resolve) => (this.#letGo = resolve))
      if (typeof fault === 'object') throw new Refusal(fault.error, fault.status, fault.message)
      const answer = act(body)
      if (fault === 'lost-answer') return void request.socket.destroy()
      send(200, answer)
    } catch (thrown) {
      const { name, message, status } = thrown as Refusal
      send(status ?? 500, { __type: name, message })
    }
  }

  readonly #actions: Readonly<Record<Operation, (body: Body) => unknown>> = {
    ListTableMetadata: ({ CatalogName, DatabaseName, MaxResults, NextToken }) => {
      const tables = this.databases.get(String(DatabaseName))
      if (CatalogName !== 'AwsDataCatalog' || !tables)
        throw new Refusal(
          'MetadataException',
          400,
          `Database ${DatabaseName} not found in arn:aws:glue:secret`,
        )
      const size = Number(MaxResults)
      if (!(size >= 1 && size <= 50)) throw invalid('MaxResults')
      const from = Number(NextToken ?? 0)
      return {
        TableMetadataList: tables
          .slice(from, from + size)
          .map((Name) => ({ Name, TableType: 'EXTERNAL_TABLE' })),
        ...(from + size < tables.length ? { NextToken: String(from + size) } : {}),
      }
    },
    StartQueryExecution: (body) => {
      const { QueryString, ExecutionParameters, ClientRequestToken, QueryExecutionContext, WorkGroup } = body
      if ('ResultConfiguration' in body) throw invalid('managed results take no configuration')
      if (!this.workgroups.has(String(WorkGroup))) throw invalid(`WorkGroup ${WorkGroup} is not found.`)
      const parameters = ExecutionParameters as string[]
      if (!parameters.every((one) => one.length >= 1 && one.length <= 1024)) throw invalid('a parameter')
      const token = String(ClientRequestToken)
      if (token.length < 32 || token.length > 128) throw invalid('ClientRequestToken')
      const before = this.queries.find((one) => one.token === token)
      if (before) return { QueryExecutionId: before.id }
      const query: AthenaQuery = {
        id: `query-${this.queries.length + 1}`,
        sql: String(QueryString),
        parameters,
        database: (QueryExecutionContext as { Database: string }).Database,
        workgroup: String(WorkGroup),
        token,
        state: 'RUNNING',
        outcome: 'running',
      }
      query.outcome = this.answer(query)
      this.queries.push(query)
      return { QueryExecutionId: query.id }
    },
    GetQueryExecution: ({ QueryExecutionId }) => {
      const query = this.#query(QueryExecutionId)
      const polled = (this.#polled.get(query.id) ?? 0) + 1
      this.#polled.set(query.id, polled)
      if (query.state === 'RUNNING' && query.outcome !== 'running' && polled > this.polls)
        query.state = 'failed' in query.outcome ? 'FAILED' : 'SUCCEEDED'
      const { outcome, state } = query
      const reason =
        state === 'FAILED' && outcome !== 'running' && 'failed' in outcome ? outcome.failed : undefined
      return { QueryExecution: { QueryExecutionId, Status: { State: state, StateChangeReason: reason } } }
    },
    GetQueryResults: ({ QueryExecutionId, MaxResults, NextToken }) => {
      const { outcome, state } = this.#query(QueryExecutionId)
      if (state !== 'SUCCEEDED' || outcome === 'running' || 'failed' in outcome) throw invalid('no results')
      if (!(Number(MaxResults) <= 1_000)) throw invalid('MaxResults')
      const columns = ['bucket', 'pkg_name', 'top_hash']
      const all = [columns, ...outcome.rows]
      const from = Number(NextToken ?? 0)
      const page = all.slice(from, from + this.pageSize)
      return {
        ResultSet: {
          Rows: page.map((row) => ({
            Data: row.map((cell) => (cell === null ? {} : { VarCharValue: cell })),
          })),
          ResultSetMetadata: { ColumnInfo: columns.map((Name) => ({ Name, Type: 'varchar' })) },
        },
        ...(from + this.pageSize < all.length ? { NextToken: String(from + this.pageSize) } : {}),
      }
    },
    StopQueryExecution: ({ QueryExecutionId }) => {
      const query = this.#query(QueryExecutionId)
      if (query.state === 'RUNNING') query.state = 'CANCELLED'
      return {}
    },
  }

  #query(id: unknown): AthenaQuery {
    const query = this.queries.find((one) => one.id === id)
    if (!query) throw invalid(`QueryExecution ${id} was not found`)
    return query
  }
}
