import { describe, expect, it } from 'vitest'
import { canvasNews, waitingWords } from '../../src/simulator/page/canvas-news.ts'
import { withNewestPlaces } from '../../src/simulator/page/newest-canvases.ts'
import { initials, nextPerson, personHere } from '../../src/simulator/page/people.ts'
import { messageParts, messageText, statusNow } from '../../src/simulator/page/session-words.ts'
import { unsentValues, valueShown, withoutCanvas, withTyped } from '../../src/simulator/page/typed-inputs.ts'
import type { CanvasView, PlaceView, SessionView, Snapshot } from '../../src/simulator/page-contract.ts'

const canvasOf = (more: Partial<CanvasView> = {}): CanvasView => ({
  id: 'cnvs_1',
  entryId: 'etr_1',
  featureId: 'quilt_entry',
  enabled: true,
  waiting: false,
  archived: false,
  blocks: [],
  session: null,
  pressed: null,
  updatedAt: 0,
  serial: 1,
  ...more,
})
const sessionOf = (more: Partial<SessionView> = {}): SessionView => ({
  id: 'sesn_1',
  name: 'Export',
  status: 'RUNNING',
  messages: [],
  timesOutAt: 1000,
  ...more,
})

describe('a session message', () => {
  it('holds items, and braces that are none', () => {
    expect(messageParts('From {id:etr_1} to \\{x\\}')).toEqual([
      { text: 'From ' },
      { item: 'etr_1' },
      { text: ' to {x}' },
    ])
    expect(messageParts('\\{id:etr_1}')).toEqual([{ text: '{id:etr_1}' }])
    expect(messageText('{id:ent_2}: done')).toBe('ent_2: done')
  })

  it('a session has timed out as soon as its time is over, and only if it still ran', () => {
    expect(statusNow(sessionOf(), 999)).toBe('RUNNING')
    expect(statusNow(sessionOf(), 1000)).toBe('TIMEOUT')
    expect(statusNow(sessionOf({ status: 'SUCCEEDED' }), 1000)).toBe('SUCCEEDED')
  })
})

describe('what is read aloud of a canvas', () => {
  const told = { app: 'the app', me: 'Jane Doe', now: 0 }
  const locked = (by: string | null) => canvasOf({ enabled: false, pressed: { by, text: 'Browse' } })

  it('is who made it wait, by name only where that is somebody else', () => {
    expect(canvasNews(canvasOf(), locked('Tom Okafor'), told)).toBe(
      'Tom Okafor pressed “Browse”. Waiting for the app …',
    )
    expect(canvasNews(canvasOf(), locked('Jane Doe'), told)).toBe('Waiting for the app …')
    expect(waitingWords(locked(null), 'the app', 'Jane Doe')).toBe('Waiting for the app …')
  })

  it('is that it is ready again, and nothing when it is drawn without having waited', () => {
    expect(canvasNews(locked('Jane Doe'), canvasOf(), told)).toBe('The canvas of the app is ready.')
    expect(canvasNews(canvasOf(), canvasOf({ blocks: [{ type: 'MARKDOWN', value: 'x' }] }), told)).toBeNull()
  })

  it('is what a session says, once', () => {
    const running = canvasOf({ session: sessionOf({ messages: [{ content: 'Exporting', style: 'INFO' }] }) })
    expect(canvasNews(canvasOf(), running, told)).toBe('Export: Running. Exporting')
    expect(canvasNews(running, { ...running, serial: 2 }, told)).toBeNull()
    const over = canvasOf({ session: sessionOf({ status: 'FAILED' }) })
    expect(canvasNews(running, over, told)).toBe('Export: Failed.')
    expect(canvasNews(over, canvasOf(), told)).toBeNull()
  })
})

describe('what is typed into a canvas', () => {
  const input = { type: 'TEXT_INPUT', id: 'q', value: null }
  const canvas = canvasOf({ blocks: [{ type: 'SECTION', id: 's', children: [input] }] })
  const typed = withTyped(new Map(), 'cnvs_1', 'q', 'EXP')

  it('stays before the eyes over a redraw, until a press has used it', () => {
    expect(valueShown(input, 'cnvs_1', typed)).toBe('EXP')
    expect(valueShown({ ...input, value: 'old' }, 'cnvs_1', withoutCanvas(typed, 'cnvs_1'))).toBe('old')
  })

  it('stays empty where it was emptied', () => {
    const emptied = withTyped(typed, 'cnvs_1', 'q', null)
    expect(valueShown({ ...input, value: 'old' }, 'cnvs_1', emptied)).toBeNull()
  })

  it('goes to the tenant unless that has it already, or nothing takes it any more', () => {
    const drawn = (more: object) => canvasOf({ blocks: [{ ...input, ...more }] })
    expect(unsentValues(canvas, typed)).toEqual({ q: 'EXP' })
    expect(unsentValues(drawn({ value: 'EXP' }), typed)).toEqual({})
    expect(unsentValues(drawn({ id: 'other' }), typed)).toEqual({})
    expect(unsentValues(drawn({ enabled: false }), typed)).toEqual({})
  })
})

describe('people', () => {
  const people = ['Jane Doe', 'Tom Okafor'].map((name) => ({ id: name, handle: name.slice(0, 1), name }))
  const state = (as: string | null) => ({ snapshot: { people } as unknown as Snapshot, as })

  it('are whom the address names, else the first, and the next one sits in the other tab', () => {
    expect(personHere(state('T')).name).toBe('Tom Okafor')
    expect(personHere(state('nobody')).name).toBe('Jane Doe')
    expect(nextPerson(state(null))?.name).toBe('Tom Okafor')
    expect(nextPerson(state('T'))?.name).toBe('Jane Doe')
    expect(initials('Søren Ångström')).toBe('SÅ')
  })
})

describe('a place that was just read', () => {
  it('keeps the canvas the stream told of meanwhile', () => {
    const place: PlaceView = { kind: 'run', featureId: 'quilt-run', resourceId: 'r1', canvas: null }
    const canvas = canvasOf({ entryId: 'r1', featureId: 'quilt-run', serial: 4 })
    expect(withNewestPlaces([place], [{ ...place, canvas }])).toEqual([{ ...place, canvas }])
    const older = { ...place, canvas: { ...canvas, serial: 3 } }
    expect(withNewestPlaces([older], [{ ...place, canvas }])).toEqual([{ ...place, canvas }])
    expect(withNewestPlaces([{ ...place, resourceId: 'r2' }], [{ ...place, canvas }])[0]?.canvas).toBeNull()
  })
})
