import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'

type Result = { readonly columns: readonly string[]; readonly rows: readonly (readonly (string | null)[])[] }

/** Puts a result into moto's queue: the next query whose results are asked for gets it, with the header that Athena adds. */
export const queueResult = async (moto: string, { columns, rows }: Result): Promise<void> => {
  const cells = (row: readonly (string | null)[]) => ({
    Data: row.map((cell) => (cell === null ? {} : { VarCharValue: cell })),
  })
  const column_info = columns.map((Name) => ({
    CatalogName: 'hive',
    SchemaName: '',
    TableName: '',
    Name,
    Label: Name,
    Type: 'varchar',
    Precision: 0,
    Scale: 0,
    Nullable: 'UNKNOWN',
    CaseSensitive: true,
  }))
  const answer = await fetch(`${moto}/moto-api/static/athena/query-results`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ results: [{ rows: [columns, ...rows].map(cells), column_info }] }),
  })
  if (answer.status !== 201) throw new Error(`moto refused a result with ${answer.status}`)
}

/**
 * moto with the one call it lacks: `ListTableMetadata` is answered here, everything else is passed on as it is. `asked`
 * notes the operations in order.
 */
export const withTables = async (moto: string, tables: Readonly<Record<string, readonly string[]>>) => {
  const asked: string[] = []
  const server = createServer(async (request, response) => {
    const body = await buffer(request)
    const operation = String(request.headers['x-amz-target']).replace('AmazonAthena.', '')
    asked.push(operation)
    if (operation === 'ListTableMetadata') {
      const { DatabaseName } = JSON.parse(body.toString()) as { DatabaseName: string }
      const TableMetadataList = (tables[DatabaseName] ?? []).map((Name) => ({ Name }))
      response.writeHead(200, { 'content-type': 'application/x-amz-json-1.1' })
      response.end(JSON.stringify({ TableMetadataList }))
      return
    }
    const { host: _, connection: __, 'content-length': ___, ...headers } = request.headers
    const answer = await fetch(`${moto}${request.url}`, {
      method: 'POST',
      headers: headers as Record<string, string>,
      body: new Uint8Array(body),
    })
    response.writeHead(answer.status, { 'content-type': answer.headers.get('content-type') ?? '' })
    response.end(Buffer.from(await answer.arrayBuffer()))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    close: async () => {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}
