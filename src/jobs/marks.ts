import type { Json } from '../base/json.ts'
import type { StepRecord } from './ports.ts'

/**
 * Marks that share one journal record. 64 marks of a file (logical key up to 1 kB, physical key up to 3 kB) stay under
 * the 400 KB that one DynamoDB item may hold.
 */
export const MARKS_PER_RECORD = 64

const PREFIX = 'marks:'

type Batch = { at: number; until: number; pairs: [id: string, value: Json][] }

/** Collects marks, kept as pairs because an id may be any file name, `__proto__` included. */
export class MarkBuffer {
  readonly #batches = new Map<string, Batch>()
  #count = 0

  get empty(): boolean {
    return this.#count === 0
  }

  get full(): boolean {
    return this.#count >= MARKS_PER_RECORD
  }

  add(name: string, id: string, value: Json, now: number): void {
    let batch = this.#batches.get(name)
    if (!batch) {
      batch = { at: now, until: now, pairs: [] }
      this.#batches.set(name, batch)
    }
    batch.until = now
    batch.pairs.push([id, value])
    this.#count++
  }

  records(): StepRecord[] {
    return [...this.#batches].flatMap(([name, { at, until, pairs }]) =>
      chunks(pairs, MARKS_PER_RECORD).map((result) => ({
        name: `${PREFIX}${name}`,
        at,
        ms: until - at,
        result,
      })),
    )
  }

  /** This buffer with everything of a later one behind it. */
  merge(later: MarkBuffer): MarkBuffer {
    for (const [name, { pairs, until }] of later.#batches) {
      for (const [id, value] of pairs) this.add(name, id, value, until)
    }
    return this
  }
}

/** The marks that journal records hold under a name; of two marks with one id the later counts. */
export const readMarks = (records: readonly StepRecord[], name: string): Map<string, Json> => {
  const own = records.filter((record) => record.name === `${PREFIX}${name}`)
  return new Map(own.flatMap((record) => record.result as [string, Json][]))
}

const chunks = <T>(items: readonly T[], size: number): T[][] =>
  Array.from({ length: Math.ceil(items.length / size) }, (_, i) => items.slice(i * size, (i + 1) * size))
