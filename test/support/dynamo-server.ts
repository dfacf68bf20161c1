import { EventEmitter, once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { WireTables } from './dynamo-server-actions.ts'
import { DynamoError } from './dynamo-server-error.ts'
import { type DynamoFaultKind, DynamoFaults } from './dynamo-server-faults.ts'
import { cancelled, type Transaction } from './dynamo-server-transaction.ts'

export type DynamoRequest = { readonly operation: string; readonly input: Readonly<Record<string, unknown>> }

export type DynamoServer = {
  readonly url: string
  readonly tables: WireTables
  readonly faults: DynamoFaults
  /** Every request that was understood, in order of arrival, those that met a fault too. */
  readonly requests: DynamoRequest[]
  /** Resolves when so many requests of this operation have arrived in all. */
  arrived(operation: string, count: number): Promise<void>
  close(): Promise<void>
}

export const DYNAMO_CREDENTIALS = { accessKeyId: 'AKIATESTTESTTEST', secretAccessKey: 'not-a-secret' }
const SIGNED = /^AWS4-HMAC-SHA256 Credential=AKIATESTTESTTEST\/\d{8}\/[\w-]+\/dynamodb\/aws4_request, /

const early = (fault: DynamoFaultKind | undefined, input: object): DynamoError | null => {
  const items = (input as Partial<Transaction>).TransactItems ?? []
  const reason = (code: string) => cancelled(items.map((_, i) => (i === 0 ? code : 'None')))
  switch (fault) {
    case 'throttled':
      return new DynamoError('ProvisionedThroughputExceededException')
    case 'internal-error':
      return new DynamoError('InternalServerError', 'Internal server error', {}, 500)
    case 'denied':
      return new DynamoError('AccessDeniedException', 'User is not authorized to perform this')
    case 'in-progress':
      return new DynamoError('TransactionInProgressException')
    case 'conflict':
      return reason('TransactionConflict')
    case 'throttled-item':
      return reason('ThrottlingError')
    default:
      return null
  }
}

const send = (response: ServerResponse, status: number, body: string): void => {
  response.writeHead(status, {
    'content-type': 'application/x-amz-json-1.0',
    'content-length': Buffer.byteLength(body),
  })
  response.end(body)
}

/**
 * A small strict DynamoDB in memory, on loopback: the JSON protocol, the operations and the forms of expressions that our
 * store uses, with conditions, transactions, tokens and indexes. What it does not know it refuses, so that nothing passes
 * by luck. Signatures are looked at for their form only.
 */
export const startDynamoServer = async (): Promise<DynamoServer> => {
  const tables = new WireTables()
  const faults = new DynamoFaults()
  const requests: DynamoRequest[] = []
  const arrivals = new EventEmitter()
  const count = (operation: string) => requests.filter((r) => r.operation === operation).length

  const act = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const operation = /^DynamoDB_20120810\.(\w+)$/.exec(String(request.headers['x-amz-target']))?.[1] ?? ''
    const action = tables.actions[operation]
    const input = JSON.parse(await text(request)) as Record<string, unknown>
    if (!action) throw new DynamoError('UnknownOperationException', operation)
    if (!SIGNED.test(request.headers.authorization ?? ''))
      throw new DynamoError(
        'UnrecognizedClientException',
        'The security token included in the request is invalid.',
      )
    requests.push({ operation, input })
    arrivals.emit('request')
    const fault = faults.take(operation)
    if (fault === 'reset') return void request.socket.destroy()
    if (fault === 'hang') return
    if (fault === 'held') await faults.released
    const refused = early(fault, input)
    if (refused) throw refused
    const answer = fault === 'unprocessed' ? fewer(tables, input) : action(input as never)
    if (fault === 'lost-answer') return void response.socket?.destroy()
    if (fault === 'done-but-500')
      throw new DynamoError('InternalServerError', 'Internal server error', {}, 500)
    send(response, 200, JSON.stringify(answer))
  }

  const server = createServer((request, response) => {
    act(request, response).catch((thrown: unknown) => {
      const error =
        thrown instanceof DynamoError ? thrown : new DynamoError('SerializationException', String(thrown))
      send(response, error.status, error.body)
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    tables,
    faults,
    requests,
    arrived: async (operation, wanted) => {
      while (count(operation) < wanted) await once(arrivals, 'request')
    },
    close: async () => {
      const closed = once(server, 'close')
      server.close()
      server.closeAllConnections()
      await closed
    },
  }
}

const fewer = (tables: WireTables, input: Record<string, unknown>): object => {
  const [[name, { Keys }]] = Object.entries(input.RequestItems as never) as [[string, { Keys: never[] }]]
  return tables.batch(name, Keys, 1)
}
