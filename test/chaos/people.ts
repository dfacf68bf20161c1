import { bufferSource } from '../../src/simulator/archive/byte-source.ts'
import { numberField, textField, textNote } from '../../src/simulator/entries/sample.ts'
import type { FaultName } from '../../src/simulator/fault-names.ts'
import type { DeliveryView } from '../../src/simulator/page-contract.ts'
import { type Random, seededRandom } from '../../src/simulator/random.ts'
import type { Tenant } from '../../src/simulator/tenant.ts'
import { entrySeed, file } from '../main-path/support/seeds.ts'

/** One of the entries has a file that is streamed: above what is inflated in one piece. */
const LARGE_BYTES = 1_300_000
const CANVASES_PER_ENTRY = 2
const FILES_PER_ENTRY = 6

/** Faults that a tenant has for a while, each with how often it strikes at most. */
const FAULTS: readonly (readonly [FaultName, number])[] = [
  ['hostile-archive', 1],
  ['truncated-archive', 1],
  ['changed-archive', 2],
  ['expired-links', 2],
  ['failed-export', 1],
  ['server-errors', 4],
  ['dropped-connections', 3],
  ['rate-limited', 2],
  ['no-ranges', 2],
]

/** Codes a run may be buried with because of these faults: a damaged archive, or one fault after the other. */
export const EXCUSED = [
  'archive.overlap',
  'archive.truncated',
  'export.changed',
  'export.link_expired',
  'export.failed',
] as const

export const seedEntries = (count: number) =>
  Array.from({ length: count }, (_, i) =>
    entrySeed(`etr_Chaos${String(i + 1).padStart(3, '0')}`, [
      file('plate.csv', `well,od\nA1,0.${i}\n`),
      ...(i === 0 ? [file('image.tif', noise(seededRandom(7), LARGE_BYTES))] : []),
    ]),
  )

/**
 * One more edit of the first entry, for the last service: when it has written something, it has also swept away what the
 * dead left unfinished.
 */
export const lastEdit = async (tenant: Tenant): Promise<void> => {
  const { id } = tenant.entries.list()[0]!.api
  tenant.entries.update(id, { fields: { Project: 'The last edit' } })
  await tenant.save(id)
}

/** People in a notebook, and Benchling that tells of what they do: at random, the same for the same seed. */
export class People {
  readonly #tenant: Tenant
  readonly #random: Random
  #edits = 0

  constructor(tenant: Tenant, seed: number) {
    this.#tenant = tenant
    this.#random = seededRandom(seed)
  }

  /** An integer from 0 to `below` exclusive. */
  below(below: number): number {
    return Math.floor(this.#random() * below)
  }

  pick<T>(of: readonly T[]): T {
    return of[this.below(of.length)] as T
  }

  chance(share: number): boolean {
    return this.#random() < share
  }

  entryId(): string {
    return this.pick(this.#tenant.entries.list()).api.id
  }

  /** Something goes wrong for a while, or goes well again. */
  trouble(): void {
    const { faults } = this.#tenant
    faults.set('reordered-deliveries', this.chance(0.3) ? 1 : 0)
    faults.set('duplicate-deliveries', this.chance(0.3) ? 1 : 0)
    if (!this.chance(0.6)) return
    const [name, most] = this.pick(FAULTS)
    faults.set(name, 1 + this.below(most))
  }

  /** One thing somebody does to an entry, with the one delivery that it causes. */
  act(entryId: string): Promise<DeliveryView> {
    const acts: readonly [weight: number, act: (entryId: string) => Promise<DeliveryView>][] = [
      [35, (id) => this.#editField(id)],
      [15, (id) => this.#editText(id)],
      [12, (id) => this.#changeFiles(id)],
      [14, (id) => this.#insertCanvas(id)],
      [14, (id) => this.#press(id)],
      [5, (id) => this.#tenant.created(id)],
      [5, (id) => this.#tell(id)],
    ]
    let at = this.#random() * acts.reduce((sum, [weight]) => sum + weight, 0)
    const [, act] = acts.find(([weight]) => {
      at -= weight
      return at < 0
    })!
    return act(entryId)
  }

  /** A field is changed and saved: the one kind of edit Benchling tells of. */
  async #editField(entryId: string): Promise<DeliveryView> {
    const { entries } = this.#tenant
    const value = this.chance(0.5) ? textField(`Project ${++this.#edits}`) : null
    if (value) entries.update(entryId, { fields: { Project: value } })
    else entries.update(entryId, { fields: { Replicates: numberField('integer', ++this.#edits) } })
    return this.#tell(entryId)
  }

  /** Benchling says that fields changed, whether they did or not. */
  async #tell(entryId: string): Promise<DeliveryView> {
    return (await this.#tenant.save(entryId, ['Project']))!
  }

  #editText(entryId: string): Promise<DeliveryView> {
    this.#tenant.entries.append(entryId, textNote(`Observation ${++this.#edits}: µ, "quoted", 5 %.`))
    return this.#press(entryId)
  }

  #changeFiles(entryId: string): Promise<DeliveryView> {
    const { entries } = this.#tenant
    const { attachments } = entries.get(entryId)
    if (attachments.size >= FILES_PER_ENTRY)
      entries.removeAttachment(entryId, this.pick([...attachments.keys()]))
    entries.addAttachment(entryId, {
      name: `run-${++this.#edits}.bin`,
      content: bufferSource(this.#content()),
      scanned: this.chance(0.8),
    })
    return this.#press(entryId)
  }

  /** New bytes, or a file that people put into several entries: then entries share content. */
  #content(): Buffer {
    const common = this.chance(0.4)
    return noise(
      common ? seededRandom(this.below(3)) : this.#random,
      common ? 5_000 : 200 + this.below(40_000),
    )
  }

  async #insertCanvas(entryId: string): Promise<DeliveryView> {
    const here = this.#tenant.canvases.list().filter(({ resourceId }) => resourceId === entryId)
    if (here.length >= CANVASES_PER_ENTRY) return this.#press(entryId)
    return (await this.#tenant.insertCanvas(entryId)).delivery
  }

  /** A press on a button of one of the entry's canvases, where there is one that can be pressed. */
  async #press(entryId: string): Promise<DeliveryView> {
    for (const { id } of this.#tenant.canvases.list().filter(({ resourceId }) => resourceId === entryId)) {
      for (const button of ['retry', 'update']) {
        // Refused where there is no such button, or it is locked.
        const pressed = await this.#tenant.click(id, button).catch(() => null)
        if (pressed) return pressed
      }
    }
    return this.#tell(entryId)
  }
}

const noise = (random: Random, size: number): Buffer => {
  const words = Buffer.alloc(size)
  let x = Math.floor(random() * 2 ** 32) | 1
  for (let i = 0; i + 4 <= size; i += 4) {
    x ^= x << 13
    x ^= x >>> 17
    x ^= x << 5
    words.writeInt32LE(x, i)
  }
  return words
}
