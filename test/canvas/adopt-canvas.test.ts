import { expect, it } from 'vitest'
import { createAdoptCanvas } from '../../src/canvas/adopt-canvas.ts'
import { NEW_CANVAS } from '../../src/canvas/canvas-state.ts'
import { newSubject } from '../../src/jobs/subject.ts'
import { FakeClock } from '../support/clock.ts'

const adopt = createAdoptCanvas(new FakeClock())
const subject = (entryId: string | null) => newSubject('canvas:cnvs_1', { ...NEW_CANVAS, entryId })

it('a canvas that nobody knew sits in the entry, watches it, and is drawn', () => {
  const { key, initial, change, watch } = adopt('cnvs_1', 'etr_1')
  expect([key, initial, watch]).toEqual(['canvas:cnvs_1', NEW_CANVAS, ['entry:etr_1']])
  expect(change(subject(null))).toMatchObject({ wanted: 1, state: { entryId: 'etr_1' } })
})

it('a canvas whose entry is known stays where it is', () => {
  const { change } = adopt('cnvs_1', 'etr_1')
  for (const known of ['etr_1', 'etr_2']) expect(change(subject(known))).toEqual(subject(known))
})
