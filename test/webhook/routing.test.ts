import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { type CanvasState, NEW_CANVAS } from '../../src/canvas/canvas-state.ts'
import type { Cause, Subject } from '../../src/jobs/ports.ts'
import { newSubject } from '../../src/jobs/subject.ts'
import { readEnvelope } from '../../src/webhook/envelope.ts'
import { readRequest } from '../../src/webhook/request.ts'
import { plan, recordToRead } from '../../src/webhook/routing.ts'

const APP = 'app_J5vT0hQe2LwZr8Nc'
const ENTRY = 'entry:etr_Hq3TzW8b'
const CANVAS = 'canvas:cnvs_W2eRt7Yu'
const cause: Cause = { delivery: 'msg_1', type: 't', at: 5, by: 'ent_Zx81QwEr' }

const sample = (name: string) =>
  readRequest(
    readEnvelope(readFileSync(join(import.meta.dirname, `../fixtures/benchling/envelopes/${name}.json`)))
      .message,
  )

const canvasOf = (state: Partial<CanvasState>): Subject => newSubject(CANVAS, { ...NEW_CANVAS, ...state })

/** What a delivery does to records that do not exist yet, or to the given canvas. */
const effectOf = (name: string, record: Subject | null = null) => {
  const { outcome, touches } = plan(sample(name), { appId: APP, cause, record })
  const subjects = touches.map(({ key, initial, change }) =>
    change(record?.key === key ? record : newSubject(key, initial)),
  )
  return {
    outcome,
    watch: touches.flatMap((touch) => touch.watch ?? []),
    keys: subjects.map(({ key }) => key),
    pressed: subjects.filter(({ pressed }) => pressed > 0).map(({ key }) => key),
    wanted: subjects.map(({ wanted }) => wanted),
    causes: subjects.flatMap(({ causes }) => causes),
    canvas: subjects.find(({ key }) => key === CANVAS)?.state as CanvasState | undefined,
    states: subjects.map(({ state }) => state),
  }
}

describe('an entry event', () => {
  test.each([
    'v2.entry.created',
    'v2.entry.created.target-path',
    'v2.entry.updated.fields',
    'v2.entry.updated.fields.no-schema',
    'v2.entry.updated.reviewRecord',
    'v3.entry.created',
  ])('%s asks for one more look at its entry, without force', (name) => {
    expect(effectOf(name)).toMatchObject({
      outcome: 'accepted',
      keys: [ENTRY],
      pressed: [],
      wanted: [1],
      causes: [cause],
    })
  })
})

describe('a canvas that was inserted', () => {
  test('is drawn at once, watches its entry, and packages it', () => {
    const { canvas, ...rest } = effectOf('v2.canvas.created')
    expect(rest).toMatchObject({
      outcome: 'accepted',
      keys: [CANVAS, ENTRY],
      pressed: [CANVAS],
      watch: [ENTRY],
    })
    expect(canvas).toEqual({ ...NEW_CANVAS, appId: APP, featureId: 'quilt_entry', entryId: 'etr_Hq3TzW8b' })
  })

  test.each(['v2.canvas.created.no-resource', 'v2-beta.canvas.created'])(
    'by %s, which does not say where, leaves the entry to the run of the canvas',
    (name) => {
      const { canvas, keys, watch } = effectOf(name)
      expect({ keys, watch }).toEqual({ keys: [CANVAS], watch: [] })
      expect(canvas).toMatchObject({ entryId: null, pendingUpdates: [], pendingInsert: 'msg_1' })
    },
  )

  test('and is announced a second time by the beta message causes no second pending update', () => {
    const { canvas, keys, pressed } = effectOf(
      'v2-beta.canvas.created',
      canvasOf({ entryId: 'etr_Hq3TzW8b' }),
    )
    expect(keys).toEqual([CANVAS, ENTRY])
    expect(pressed).toEqual([CANVAS])
    expect(canvas).toMatchObject({ entryId: 'etr_Hq3TzW8b', pendingUpdates: [], pendingInsert: null })
  })
})

test('a run or homepage that wants a canvas gets one, once for each place', () => {
  const { keys, pressed, states } = effectOf('v2.canvas.initialized')
  expect(keys).toEqual(['place:quilt_run:5d7b2c1e-1f0a-4c3e-9d53-1c8e3e0f9a11'])
  expect(pressed).toEqual(keys)
  expect(states).toEqual([
    {
      appId: APP,
      featureId: 'quilt_run',
      resourceId: '5d7b2c1e-1f0a-4c3e-9d53-1c8e3e0f9a11',
      canvasId: null,
    },
  ])
})

describe('a click', () => {
  test('reads the record of its canvas first, because it does not say which entry it belongs to', () => {
    expect(recordToRead(sample('v2.canvas.userInteracted.update'))).toBe(CANVAS)
    expect(recordToRead(sample('v2.entry.created'))).toBeNull()
  })

  test('on Update presses the canvas and the entry that its record names', () => {
    const { pressed, canvas } = effectOf(
      'v2.canvas.userInteracted.update',
      canvasOf({ entryId: 'etr_Hq3TzW8b' }),
    )
    expect(pressed).toEqual([CANVAS, ENTRY])
    expect(canvas).toMatchObject({ pendingUpdates: [] })
  })

  test('on Update before the entry is known is remembered, once for each delivery and at most eight', () => {
    const { canvas, keys } = effectOf('v2.canvas.userInteracted.update')
    expect(keys).toEqual([CANVAS])
    expect(canvas).toMatchObject({ pendingUpdates: ['msg_1'] })
    const many = Array.from({ length: 8 }, (_, i) => `old_${i}`)
    const full = effectOf('v2.canvas.userInteracted.update', canvasOf({ pendingUpdates: many }))
    expect(full.canvas?.pendingUpdates).toEqual([...many.slice(1), 'msg_1'])
    const again = effectOf('v2.canvas.userInteracted.update', canvasOf({ pendingUpdates: ['msg_1', 'x'] }))
    expect(again.canvas?.pendingUpdates).toEqual(['x', 'msg_1'])
  })

  test.each(['v2.canvas.userInteracted.old-update', 'v2.canvas.userInteracted.bare-entry'])(
    'on a button of the known system (%s) presses the entry its id names',
    (name) => {
      const { pressed, canvas } = effectOf(name)
      expect(pressed).toEqual([CANVAS, ENTRY])
      expect(canvas).toMatchObject({ entryId: null, pendingUpdates: [] })
    },
  )

  test('on an old button presses the entry the canvas sits in when the id names another one (a copied canvas)', () => {
    const { keys } = effectOf('v2.canvas.userInteracted.old-update', canvasOf({ entryId: 'etr_Mine' }))
    expect(keys).toEqual([CANVAS, 'entry:etr_Mine'])
  })

  test('on an old button presses no entry from a canvas that is known to sit in none', () => {
    const { keys, canvas } = effectOf('v2.canvas.userInteracted.old-update', canvasOf({ located: true }))
    expect(keys).toEqual([CANVAS])
    expect(canvas).toMatchObject({ entryId: null })
  })

  test('on a screen of the known system opens the screen it names', () => {
    const { outcome, keys, canvas } = effectOf('v2.canvas.userInteracted.old-browse')
    expect({ outcome, keys }).toEqual({ outcome: 'accepted', keys: [CANVAS] })
    expect(canvas).toMatchObject({ notice: null, route: { screen: 'files', of: null } })
  })

  test('on an unknown button is ignored, but the canvas is drawn with a notice so that it does not stay disabled', () => {
    const { outcome, pressed, canvas } = effectOf('v2.canvas.userInteracted.unknown')
    expect({ outcome, pressed }).toEqual({ outcome: 'ignored', pressed: [CANVAS] })
    expect(canvas?.notice).toMatch(/not known/)
  })

  test('keeps what other deliveries have told about the canvas', () => {
    const before = canvasOf({ entryId: 'etr_Hq3TzW8b', featureId: 'quilt_entry', notice: 'old' })
    const { canvas } = effectOf('v2.canvas.userInteracted.unknown', before)
    expect(canvas).toMatchObject({ entryId: 'etr_Hq3TzW8b', featureId: 'quilt_entry' })
  })
})

test.each([
  'v2.app.installed',
  'v2.app.activateRequested',
  'v0.app.activateRequested',
  'v2.app.deactivated',
  'v2-beta.app.configuration.updated',
])('%s is noted and asks for nothing', (name) => {
  expect(effectOf(name)).toMatchObject({ outcome: 'noted', keys: [] })
})

test.each(['v2.assayRun.created', 'v2.entity.registered', 'v9.unheard.of'])('%s is ignored', (name) => {
  expect(effectOf(name)).toMatchObject({ outcome: 'ignored', keys: [] })
})
