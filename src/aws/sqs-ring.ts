import { z } from 'zod'
import { KINDS } from '../jobs/lanes.ts'
import type { Key, Ring } from '../jobs/ports.ts'
import { toBody } from './sqs-text.ts'

/** Ids of deliveries and keys of subjects are a few hundred bytes. */
const RING_MAX_BYTES = 4_096

const BODY = z.object({
  key: z.custom<Key>((key) => typeof key === 'string' && KINDS.some((kind) => key.startsWith(`${kind}:`))),
  id: z.string(),
})

export const ringBody = (key: Key, id: string): string => toBody({ key, id })

/** The ring that a message tells of; null when it is none. */
export const ringOf = (body: string): Pick<Ring, 'key' | 'id'> | null => {
  if (Buffer.byteLength(body) > RING_MAX_BYTES) return null
  try {
    return BODY.parse(JSON.parse(body))
  } catch {
    return null
  }
}
