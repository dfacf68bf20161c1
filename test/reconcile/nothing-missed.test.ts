import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Notebook } from './notebook.ts'

const ENTRIES = 12
/** Lists may show a change that much later than it happened, and nothing is missed. */
const LATE_MS = 540_000
const idOf = (n: number) => `etr_${n}`

type Act =
  | { readonly kind: 'edit'; readonly entry: number; readonly lateMs: number; readonly micro: number }
  | { readonly kind: 'bump'; readonly entry: number }
  | { readonly kind: 'package'; readonly entry: number }
  | { readonly kind: 'wait'; readonly ms: number }

const entry = fc.nat(ENTRIES - 1)
const act: fc.Arbitrary<Act> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant('edit' as const),
      entry,
      lateMs: fc.constantFrom(0, 0, 0, 200, 3_000, LATE_MS),
      micro: fc.constantFrom(0, 0, 1),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('bump' as const), entry }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('package' as const), entry }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('wait' as const),
      ms: fc.constantFrom(1, 300, 1_500, 40_000, 900_000),
    }),
  },
)

const perform = async (book: Notebook, one: Act, text: string): Promise<void> => {
  if (one.kind === 'edit') book.edit(idOf(one.entry), text, one)
  else if (one.kind === 'bump') book.bump(idOf(one.entry))
  else if (one.kind === 'package') await book.packageOne(`entry:${idOf(one.entry)}`)
  else book.clock.advance(one.ms)
}

/** People's acts between two answers of Benchling: a list of them for each answer. */
const script = fc.array(fc.array(act, { maxLength: 4 }), { minLength: 1, maxLength: 40 })

test('Whatever people do while pages are read, every edit is packaged in the end', async () => {
  await fc.assert(
    fc.asyncProperty(script, fc.integer({ min: 1, max: 5 }), fc.boolean(), async (acts, pageSize, crash) => {
      const book = new Notebook()
      book.pageSize = pageSize
      for (let n = 0; n < ENTRIES; n++)
        book.edit(idOf(n), 'old', { modifiedAt: '2020-01-01T00:00:00.000000+00:00' })
      await book.look()
      let done = 0
      book.meanwhile = async () => {
        for (const one of acts[done] ?? []) await perform(book, one, `edit ${done}`)
        done++
      }
      for (let look = 0; done < acts.length && look < 50; look++) {
        const before = book.state
        await book.look()
        if (crash && look % 3 === 1) book.state = before
        await book.work()
        book.clock.advance(Math.max(0, book.nextIn()))
      }
      // What was written last is shown by now, and nobody writes any more.
      book.meanwhile = () => {}
      book.clock.advance(LATE_MS)
      for (let look = 0; look < 2; look++) {
        await book.look()
        await book.work()
      }
      for (const [id, { text }] of book.entries)
        expect([id, book.packaged.get(id) ?? 'old']).toEqual([id, text])
      await book.jobs.close()
    }),
    { numRuns: 80 },
  )
}, 60_000)

test('A bulk change of more entries than pages hold within one microsecond is read whole while it is going on', async () => {
  const book = new Notebook()
  await book.look()
  book.clock.advance(60_000)
  for (let n = 0; n < 40; n++) book.edit(idOf(n), 'bulk')
  book.clock.advance(3_600_000)
  book.edit('etr_Later', 'long after, so that no overlap reads the others again')
  // Each time the next page would show the victim, so many that were read already are edited that it slips before that page.
  const victim = idOf(25)
  let hidden = 0
  book.meanwhile = () => {
    const { ids, end } = book.lastList
    const at = ids.indexOf(victim)
    if (book.asked.at(-1) !== 'list' || at < end || at >= end + book.pageSize || hidden === 5) return
    hidden++
    for (const id of ids.slice(0, at - end + 1)) book.edit(id, `again ${hidden}`)
  }
  await book.look()
  await book.look()
  await book.work()
  expect(hidden).toBe(5)
  for (const [id, { text }] of book.entries) expect([id, book.packaged.get(id)]).toEqual([id, text])
  await book.jobs.close()
})

test('A change that is shown late, while a long look has already passed its time, is found by the next look', async () => {
  const book = new Notebook()
  await book.look()
  book.clock.advance(3_600_000)
  const editEach = (ids: readonly string[]) => {
    for (const id of ids) {
      book.edit(id, 'edited')
      book.clock.advance(5_000)
    }
  }
  editEach(['etr_0', 'etr_1', 'etr_2', 'etr_3'])
  let pages = 0
  book.meanwhile = () => {
    if (book.asked.at(-1) !== 'list' || ++pages > 4) return
    if (pages === 1) {
      book.edit('etr_Late', 'edited', { lateMs: LATE_MS })
      editEach(['etr_4', 'etr_5', 'etr_6', 'etr_7'])
    } else {
      book.clock.advance(300_000)
      editEach([`etr_1${pages}`])
    }
  }
  do await book.look()
  while (book.state.walk !== null)
  expect(await book.subject('etr_14')).not.toBeNull()
  expect(await book.subject('etr_Late')).toBeNull()
  book.clock.advance(LATE_MS)
  book.meanwhile = () => {}
  await book.look()
  await book.work()
  for (const [id, { text }] of book.entries) expect([id, book.packaged.get(id)]).toEqual([id, text])
  await book.jobs.close()
})
