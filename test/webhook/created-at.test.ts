import { expect, test } from 'vitest'
import type { Key, Subject } from '../../src/jobs/ports.ts'
import { envelope, openDoor } from './door-fixture.ts'

const CANVAS: Key = 'canvas:cnvs_1'

const clickAt = (buttonId: string, createdAt: string) =>
  envelope({
    type: 'v2.canvas.userInteracted',
    id: 'msg',
    createdAt,
    canvasId: 'cnvs_1',
    featureId: 'f',
    buttonId,
    userId: 'ent_1',
  })

const pressed = async (...clicks: readonly (readonly [buttonId: string, agoMs: number])[]) => {
  const { clock, deliver, subjects } = openDoor()
  for (const [buttonId, ago] of clicks)
    await deliver(clickAt(buttonId, new Date(clock.now() - ago).toISOString()))
  return subjects.subjects.get(CANVAS) as Subject<{ route: { screen: string } }>
}

const files = 'browse-files-etr_1-p0-s15'
const metadata = 'view-metadata-etr_1-p0-s15'

test('a press counts from when it happened, whichever is delivered first', async () => {
  expect((await pressed([files, 1_000], [metadata, 4_000])).state.route.screen).toBe('files')
})

test('a press from a time that is still to come keeps no later one from being heard', async () => {
  const canvas = await pressed([files, -86_400_000], [metadata, 0])
  expect(canvas.state.route.screen).toBe('metadata')
  expect(Math.max(...canvas.causes.map(({ at }) => at))).toBe(canvas.causes[1]?.at)
})

test('a clock of Benchling that is a little ahead keeps the order of presses', async () => {
  expect((await pressed([files, -5_000], [metadata, -2_000])).state.route.screen).toBe('files')
})
