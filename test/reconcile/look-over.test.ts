import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { Fault } from '../../src/base/fault.ts'
import type { Subject } from '../../src/jobs/ports.ts'
import { touch, touchOf } from '../../src/jobs/subject.ts'
import { NEW_ENTRY } from '../../src/packaging/entry-state.ts'
import { Notebook } from './notebook.ts'

const LONG_AGO = '2020-01-01T00:00:00.000000+00:00'
const MINUTE = 60_000

let book: Notebook
beforeEach(async () => {
  book = new Notebook()
  book.edit('etr_1', 'old', { modifiedAt: LONG_AGO })
  await book.look()
  book.clock.advance(MINUTE)
  book.asked.length = 0
})
afterEach(() => book.jobs.close())

const wanted = async (id: string) => (await book.subject(id))?.wanted ?? 0
const counted = (operation: string) => book.asked.filter((one) => one.startsWith(operation)).length

describe('A first look', () => {
  test('plans the next one, which has not waited before its time', () => {
    const { causes, dueAt } = book.planned()
    expect(dueAt).toBeGreaterThan(book.clock.now())
    expect(causes.map(({ at }) => at)).toEqual([dueAt])
  })

  test('touches nothing that is older, and what is edited afterwards is found', async () => {
    expect(await wanted('etr_1')).toBe(0)
    book.edit('etr_1', 'new')
    await book.look()
    const subject = await book.subject('etr_1')
    expect(subject?.causes).toEqual([
      {
        delivery: expect.stringMatching(/^reconcile:look-/),
        type: 'reconcile',
        at: expect.any(Number),
        by: null,
      },
    ])
    expect(subject?.causes[0]?.at).toBe(Date.parse(book.entries.get('etr_1')!.modifiedAt))
  })

  test('of an empty tenant leaves a mark, from which the first entry is found', async () => {
    const empty = new Notebook()
    await empty.look()
    empty.clock.advance(24 * 60 * MINUTE)
    empty.edit('etr_First', 'hello')
    empty.clock.advance(60 * MINUTE)
    empty.edit('etr_Second', 'hello')
    await empty.look()
    expect((await empty.subject('etr_First'))?.wanted).toBe(1)
    await empty.jobs.close()
  })
})

describe('The mark', () => {
  test('does not believe a time that has not come yet: what is edited before that is found', async () => {
    book.edit('etr_Future', 'from a wrong clock', { modifiedAt: '2099-01-01T00:00:00.000000+00:00' })
    await book.look()
    book.clock.advance(60 * MINUTE)
    book.edit('etr_1', 'new')
    book.clock.advance(60 * MINUTE)
    await book.look()
    expect(await wanted('etr_1')).toBe(1)
  })

  test('does not go back when the app loses its projects for a while', async () => {
    book.edit('etr_2', 'seen')
    await book.look()
    await book.work()
    const mark = book.state.entriesUntil
    for (const id of book.entries.keys()) book.hidden.add(id)
    book.clock.advance(MINUTE)
    await book.look()
    book.hidden.delete('etr_1')
    await book.look()
    expect(book.state.entriesUntil).toBe(mark)
  })

  test('waits while Benchling gives no answers, and nothing in between is missed', async () => {
    book.refuse = () => new Fault('benchling.unavailable')
    const waits: number[] = []
    for (let i = 0; i < 4; i++) {
      await book.look()
      expect(book.summary).toMatchObject({ complete: false, code: 'benchling.unavailable' })
      waits.push(book.nextIn() / MINUTE)
      book.clock.advance(book.nextIn())
      if (i === 1) book.edit('etr_1', 'in the outage')
    }
    expect(waits).toEqual([5, 10, 15, 15])
    book.refuse = () => null
    await book.look()
    expect(await wanted('etr_1')).toBe(1)
    expect(book.state.failures).toBe(0)
  })

  test('is kept when the lists fail and the events do not, and the other way round', async () => {
    book.refuse = (operation) => (operation === 'list' ? new Fault('benchling.timeout') : null)
    book.edit('etr_1', 'edited')
    book.edit('etr_2', 'created')
    book.event('etr_2', 'v2.entry.created')
    await book.look()
    expect([await wanted('etr_1'), await wanted('etr_2')]).toEqual([0, 1])
    book.refuse = (operation) => (operation.startsWith('events') ? new Fault('benchling.timeout') : null)
    await book.look()
    expect(await wanted('etr_1')).toBe(1)
  })
})

describe('A look', () => {
  test('asks little where nothing happened, and comes again as configured', async () => {
    await book.look()
    expect(book.asked).toEqual(['newest', 'events since 25', 'list'])
    expect(book.summary).toMatchObject({ touched: 0, complete: true, code: null })
    expect(book.nextIn()).toBeLessThanOrEqual(5 * MINUTE)
    expect(book.nextIn()).toBeGreaterThan(4 * MINUTE)
  })

  test('that takes long gives its lane back and goes on at once from where it was', async () => {
    book.pageSize = 2
    for (let n = 0; n < 10; n++) {
      book.edit(`etr_1${n}`, 'edited')
      book.clock.advance(5_000)
    }
    book.meanwhile = () => book.clock.advance(40_000)
    const looks: unknown[] = []
    do {
      await book.look()
      looks.push(book.summary.complete)
      if (!book.summary.complete) expect(book.nextIn()).toBe(0)
    } while (!book.summary.complete)
    expect(looks.length).toBeGreaterThan(2)
    for (let n = 0; n < 10; n++) expect(await wanted(`etr_1${n}`)).toBe(1)
  })

  test('that lost its record of a mark repeats itself without touching anything twice', async () => {
    const before = book.state
    book.edit('etr_1', 'new')
    await book.look()
    book.state = before
    await book.look()
    expect(await wanted('etr_1')).toBe(1)
    await book.work()
    book.state = before
    await book.look()
    expect(await wanted('etr_1')).toBe(1)
  })
})

describe('An entry', () => {
  test('is left alone while a run that will read it waits', async () => {
    book.edit('etr_1', 'new')
    await book.look()
    book.clock.advance(MINUTE)
    book.edit('etr_1', 'newer')
    book.asked.length = 0
    await book.look()
    expect(book.summary).toMatchObject({ waiting: 1, touched: 0 })
    expect(counted('entry')).toBe(0)
    await book.work()
    expect(book.packaged.get('etr_1')).toBe('newer')
  })

  test('of which only the time moved is noted quietly, once', async () => {
    book.edit('etr_1', 'new')
    await book.look()
    await book.work()
    const cause = { delivery: 'wh_1', type: 'test', at: 0, by: null }
    const change = (subject: Subject) => touch(subject, cause)
    await book.jobs.subjects.touch([{ key: 'canvas:cnvs_1', initial: {}, change, watch: ['entry:etr_1'] }])
    book.clock.advance(MINUTE)
    book.bump('etr_1')
    book.asked.length = 0
    await book.look()
    await book.look()
    expect(counted('entry')).toBe(1)
    expect(await wanted('etr_1')).toBe(1)
    expect((await book.subject('etr_1'))?.state.seenModifiedAt).toBe(book.entries.get('etr_1')!.modifiedAt)
    expect((await book.jobs.subjects.get('canvas:cnvs_1'))?.wanted).toBe(1)
  })

  test('that was archived, removed or hidden in between is skipped and holds nothing up', async () => {
    for (const id of ['etr_Archived', 'etr_Gone', 'etr_Hidden', 'etr_Shown']) book.edit(id, 'new')
    book.meanwhile = () => {
      if (book.asked.at(-1) !== 'list') return
      const archived = book.entries.get('etr_Archived')
      if (archived) book.entries.set('etr_Archived', { ...archived, archived: true })
      book.entries.delete('etr_Gone')
      book.hidden.add('etr_Hidden')
    }
    await book.look()
    expect(book.summary).toMatchObject({ complete: true, touched: 1, code: null })
    const touched = ['etr_Archived', 'etr_Gone', 'etr_Hidden', 'etr_Shown'].map(wanted)
    expect(await Promise.all(touched)).toEqual([0, 0, 0, 1])
  })
})

describe('An event', () => {
  test('that was delivered asks for nothing', async () => {
    book.edit('etr_1', 'new')
    const event = book.event('etr_1')
    const cause = { delivery: 'wh_1', type: event.type, at: Date.parse(event.createdAt), by: null }

    const delivered = touchOf({ key: 'entry:etr_1', initial: NEW_ENTRY, change: (s) => touch(s, cause) })
    await book.jobs.subjects.touch([delivered])
    await book.look()
    await book.work()
    await book.look()
    expect(await wanted('etr_1')).toBe(1)
  })

  test('that was lost touches its entry once for all of its events, under its own name', async () => {
    book.edit('etr_1', 'new')
    book.event('etr_1', 'v2.entry.created')
    book.clock.advance(1_000)
    const event = book.event('etr_1', 'v2.entry.updated.reviewRecord')
    book.event('etr_1', 'v2.entry.updated.assignedReviewers')
    await book.look()
    expect((await book.subject('etr_1'))?.causes).toEqual([
      { delivery: `event:${event.id}`, type: event.type, at: Date.parse(event.createdAt), by: null },
    ])
  })

  test('of what a run has read already runs nothing again', async () => {
    book.edit('etr_1', 'new')
    await book.look()
    await book.work()
    book.clock.advance(MINUTE)
    book.event('etr_1')
    await book.look()
    expect(book.summary).toMatchObject({ unchanged: 1 })
    expect(await wanted('etr_1')).toBe(1)
  })

  test('is followed from the one before, in pages', async () => {
    for (let n = 0; n < 60; n++) {
      book.edit(`etr_5${n}`, 'new')
      book.event(`etr_5${n}`)
    }
    await book.look()
    book.event('etr_1')
    await book.look()
    const questions = book.asked.filter((one) => one.startsWith('events'))
    expect(questions).toEqual([
      ...['events since 25', 'events evt_24 25', 'events evt_49 25'],
      'events evt_59 25',
    ])
    for (let n = 0; n < 60; n++) expect(await wanted(`etr_5${n}`)).toBe(1)
  })

  test('that Benchling has forgotten is no mark any more: what it still keeps is read by time', async () => {
    book.event('etr_1')
    await book.look()
    book.clock.advance(15 * 24 * 60 * MINUTE)
    book.events.length = 0
    book.edit('etr_2', 'after the outage')
    book.event('etr_2', 'v2.entry.created')
    book.events[0] = { ...book.events[0]!, id: 'evt_new' }
    book.asked.length = 0
    await book.look()
    expect(book.asked.filter((one) => one.startsWith('events'))).toEqual([
      'events evt_0 25',
      'events since 25',
    ])
    expect((await book.subject('etr_2'))?.causes[0]?.type).toBe('v2.entry.created')
    expect(book.summary).toMatchObject({ complete: true })
  })

  test('is not asked for again and again where Benchling refuses marks and times', async () => {
    book.event('etr_1')
    await book.look()
    book.refuse = (operation) => (operation.startsWith('events') ? new Fault('benchling.rejected') : null)
    book.asked.length = 0
    await book.look()
    expect(counted('events')).toBe(2)
    expect(book.summary).toMatchObject({ complete: false, code: 'benchling.rejected' })
    expect(counted('list')).toBe(1)
  })

  test('too large to be read is left to the list of entries', async () => {
    book.edit('etr_1', 'huge')
    book.event('etr_1')
    const tooLarge = new Fault('benchling.unexpected_answer', { reason: 'too large' })
    book.refuse = (operation) => (operation.startsWith('events since') ? tooLarge : null)
    await book.look()
    expect(book.asked.filter((one) => one.startsWith('events'))).toEqual([
      'events since 25',
      'events since 1',
    ])
    expect(book.summary).toMatchObject({ complete: true, touched: 1 })
    expect(await wanted('etr_1')).toBe(1)
  })
})

describe('An entry that looks later whether Quilt has packaged it', () => {
  const laterLook = async () => {
    const at = book.clock.now()
    const cause = { delivery: 'look:message-1', type: 'look', at, by: null }
    const notBefore = at + 10 * MINUTE
    await book.jobs.subjects.touch([
      touchOf({ key: 'entry:etr_1', initial: NEW_ENTRY, change: (one) => touch(one, cause, { notBefore }) }),
    ])
  }

  test('is not left to that look when it changed: it runs at once, and says why', async () => {
    book.edit('etr_1', 'new')
    await book.look()
    await book.work()
    await laterLook()
    book.clock.advance(MINUTE)
    book.edit('etr_1', 'newer')
    await book.look()
    const subject = (await book.subject('etr_1'))!
    expect(subject.dueAt).toBeNull()
    expect(subject.causes.map(({ type }) => type)).toEqual(['look', 'reconcile'])
  })

  test('keeps its time when nothing changed', async () => {
    book.edit('etr_1', 'new')
    await book.look()
    await book.work()
    await laterLook()
    book.clock.advance(MINUTE)
    book.bump('etr_1')
    const before = await book.subject('etr_1')
    await book.look()
    expect(await book.subject('etr_1')).toMatchObject({ dueAt: before!.dueAt, wanted: before!.wanted })
  })
})
