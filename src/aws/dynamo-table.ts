import type { CreateTableCommandInput } from '@aws-sdk/client-dynamodb'
import type { Key, Topic } from '../jobs/ports.ts'

/**
 * One table for subjects, watches, deliveries, runs and steps. `pk` and `sk` of each kind of item:
 *
 * | item | pk | sk |
 * | --- | --- | --- |
 * | subject | `S#<key>` | `S` |
 * | who watches a topic | `W#<topic>` | `W` |
 * | watchers still to be touched | `P#<random>` | `P` |
 * | delivery | `D#<webhook-id>` | `D` |
 * | the same for its second and further keys | `D#<webhook-id>` | `K#<key>` |
 * | run that is over | `R#<run id>` | `R` |
 * | piece of steps of a run | `R#<run id>` | `J#<fence>#<number>#<random>#<piece>` |
 */
export type RowKey = { readonly pk: string; readonly sk: string }

export const subjectRow = (key: Key): RowKey => ({ pk: `S#${key}`, sk: 'S' })
export const topicRow = (topic: Topic): RowKey => ({ pk: `W#${topic}`, sk: 'W' })
export const pendingRow = (id: string): RowKey => ({ pk: `P#${id}`, sk: 'P' })
export const deliveryRow = (id: string): RowKey => ({ pk: `D#${id}`, sk: 'D' })
export const deliveryOfKeyRow = (id: string, key: Key): RowKey => ({ pk: `D#${id}`, sk: `K#${key}` })
export const runRow = (id: string): RowKey => ({ pk: `R#${id}`, sk: 'R' })

/** The item that an index entry is about: deliveries and runs have one main item each, named like its kind. */
export const mainRow = ({ pk }: RowKey): RowKey => ({ pk, sk: pk.slice(0, 1) })

/** Seconds since the epoch, on items that DynamoDB may remove after it. It does so late: readers look at it themselves. */
export const TTL_ATTRIBUTE = 'expires'

/** Open work by when it can be claimed; sparse: subjects without open work are not in it. */
export const DUE_INDEX = { name: 'due', partition: 'due', sort: 'readyAt' } as const
/** All deliveries, all ended runs, and all entries, by time. */
export const HISTORY_INDEX = { name: 'history', partition: 'history', sort: 'happened' } as const
/** The same of one subject. */
export const HISTORY_OF_KEY_INDEX = {
  name: 'history-of-key',
  partition: 'historyOfKey',
  sort: 'happened',
} as const

type Index = typeof DUE_INDEX | typeof HISTORY_INDEX | typeof HISTORY_OF_KEY_INDEX

const index = ({ name, partition, sort }: Index) => ({
  IndexName: name,
  KeySchema: [
    { AttributeName: partition, KeyType: 'HASH' as const },
    { AttributeName: sort, KeyType: 'RANGE' as const },
  ],
  Projection: { ProjectionType: 'KEYS_ONLY' as const },
})

/**
 * How the table is created. Time to live is switched on apart, on `TTL_ATTRIBUTE`. Encryption with a key of one's own is
 * a setting of the table too (`SSESpecification` with `SSEType: KMS` and the key); requests do not name it, but the role
 * needs `kms:Decrypt` for that key.
 */
export const tableDefinition = (name: string): CreateTableCommandInput => ({
  TableName: name,
  BillingMode: 'PAY_PER_REQUEST',
  KeySchema: [
    { AttributeName: 'pk', KeyType: 'HASH' },
    { AttributeName: 'sk', KeyType: 'RANGE' },
  ],
  AttributeDefinitions: [
    { AttributeName: 'pk', AttributeType: 'S' },
    { AttributeName: 'sk', AttributeType: 'S' },
    { AttributeName: DUE_INDEX.partition, AttributeType: 'S' },
    { AttributeName: DUE_INDEX.sort, AttributeType: 'N' },
    { AttributeName: HISTORY_INDEX.partition, AttributeType: 'S' },
    { AttributeName: HISTORY_OF_KEY_INDEX.partition, AttributeType: 'S' },
    { AttributeName: HISTORY_INDEX.sort, AttributeType: 'S' },
  ],
  GlobalSecondaryIndexes: [index(DUE_INDEX), index(HISTORY_INDEX), index(HISTORY_OF_KEY_INDEX)],
})
