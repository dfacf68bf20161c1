import { randomUUID } from 'node:crypto'
import type { TransactWriteItem } from '@aws-sdk/client-dynamodb'
import { Fault } from '../base/fault.ts'
import type { Journal, Key, Run, StepRecord } from '../jobs/ports.ts'
import { RETENTION_MS } from '../jobs/retention.ts'
import type { DynamoApi } from './dynamo-api.ts'
import { expiryOf, sortable } from './dynamo-history-items.ts'
import { FORMAT, type Item, N, number, S, text } from './dynamo-item.ts'
import type { DynamoStore } from './dynamo-store.ts'
import { heldBy } from './dynamo-subject-item.ts'
import { runRow, subjectRow, TTL_ATTRIBUTE } from './dynamo-table.ts'

/** Bytes of JSON in one item; DynamoDB takes 400 KB. */
const PIECE_BYTES = 350_000
/** Bytes of JSON in one transaction; DynamoDB takes 4 MB. A step alone may not have more. */
const APPEND_MAX_BYTES = 3_500_000

/**
 * Steps of runs in DynamoDB. What is appended together is one JSON text, in pieces that fit into items; whether the run
 * still holds its subject is a condition of the transaction that writes them. Keys tell the order: the fence grows with
 * each claim, and who holds the run counts.
 */
export const dynamoJournal = (store: DynamoStore): Journal => {
  const { api, clock } = store
  let written = 0
  return {
    steps: (runId) =>
      store.use(async () => {
        const { steps, items } = await readSteps(api, runId)
        await keepWhatIsRead(api, items, clock.now())
        return steps
      }),
    append: (key, run, steps) =>
      store.inTurn([key], async (tries) => {
        for (const portion of portions(run, steps)) {
          const token = randomUUID()
          const place = `J#${sortable(run.fence)}#${sortable(written++)}#${token}`
          const pieces = piecesOf(portion).map((piece, i) => pieceItem(run, `${place}#${sortable(i)}`, piece))
          const expires = { [TTL_ATTRIBUTE]: N(expiryOf(clock.now())) }
          const writes = [
            held(api, key, run),
            ...pieces.map((item) => ({ Put: { TableName: api.table, Item: { ...item, ...expires } } })),
          ]
          for (;;) {
            const end = await api.transact(writes, token, tries)
            if (end.done) break
            if (end.codes[0] === 'ConditionalCheckFailed')
              throw new Fault('jobs.fenced', { key, run: run.id, fence: run.fence })
            await tries.pause(new Fault('jobs.store_unavailable', { why: 'contention' }))
          }
        }
      }),
  }
}

/** The steps of a run in the order they were written, and the items they are in. */
export const readSteps = async (
  api: DynamoApi,
  runId: string,
): Promise<{ steps: StepRecord[]; items: Item[] }> => {
  const pages = api.query({
    KeyConditionExpression: '#pk = :pk AND begins_with(#sk, :steps)',
    ExpressionAttributeNames: { '#pk': 'pk', '#sk': 'sk' },
    ExpressionAttributeValues: { ':pk': S(runRow(runId).pk), ':steps': S('J#') },
    ConsistentRead: true,
  })
  const items: Item[] = []
  for await (const page of pages) items.push(...page)
  const texts = new Map<string, Uint8Array[]>()
  for (const item of items) {
    const place = text(item, 'sk').slice(0, text(item, 'sk').lastIndexOf('#'))
    const pieces = texts.get(place) ?? []
    pieces.push(item.piece?.B ?? new Uint8Array())
    texts.set(place, pieces)
  }
  const steps = [...texts.values()].flatMap(
    (pieces) => JSON.parse(Buffer.concat(pieces).toString()) as StepRecord[],
  )
  return { steps, items }
}

/** A run that still goes on after half of their time keeps its steps: reading them renews what is left to them. */
const keepWhatIsRead = async (api: DynamoApi, items: readonly Item[], now: number): Promise<void> => {
  for (const item of items)
    if (number(item, TTL_ATTRIBUTE) * 1000 < now + RETENTION_MS / 2) await api.keepUntil(item, expiryOf(now))
}

const held = (api: DynamoApi, key: Key, run: Run): TransactWriteItem => {
  const { pk, sk } = subjectRow(key)
  return { ConditionCheck: { TableName: api.table, Key: { pk: S(pk), sk: S(sk) }, ...heldBy(run) } }
}

const pieceItem = (run: Run, place: string, piece: Uint8Array): Item => ({
  pk: S(runRow(run.id).pk),
  sk: S(place),
  format: N(FORMAT),
  piece: { B: piece },
})

/** Steps in portions that one transaction takes. */
const portions = (run: Run, steps: readonly StepRecord[]): StepRecord[][] => {
  const all: StepRecord[][] = []
  let weight = Number.POSITIVE_INFINITY
  for (const step of steps) {
    const bytes = Buffer.byteLength(JSON.stringify(step)) + 1
    if (bytes >= APPEND_MAX_BYTES)
      throw new Fault('internal', { run: run.id, step: step.name, bytes, limit: APPEND_MAX_BYTES })
    if (weight + bytes > APPEND_MAX_BYTES) {
      all.push([])
      weight = 2
    }
    all.at(-1)?.push(step)
    weight += bytes
  }
  return all
}

const piecesOf = (steps: readonly StepRecord[]): Uint8Array[] => {
  const bytes = Buffer.from(JSON.stringify(steps))
  const count = Math.ceil(bytes.length / PIECE_BYTES)
  return Array.from({ length: count }, (_, i) => bytes.subarray(i * PIECE_BYTES, (i + 1) * PIECE_BYTES))
}
