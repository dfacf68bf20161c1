import { describe, expect, test } from 'vitest'
import { ENTRY, labWithCanvas } from './support/lab-with-canvas.ts'

describe.each([
  ['rate-limited', 7],
  ['server-errors', 7],
  ['dropped-connections', 7],
] as const)('An API with %s', (fault, strikes) => {
  test('for a while ends in the right package, in one export', async () => {
    const { lab, insert, enabled, shows } = await labWithCanvas()
    await using _ = lab
    lab.tenant.faults.set(fault, strikes)
    await insert()
    await lab.rest()
    const revision = await lab.packaged(ENTRY)
    expect(lab.tenant.faults.isOn(fault)).toBe(false)
    expect(await lab.text(revision, 'data.csv')).toBe('a\n1\n')
    expect(await lab.revisions(revision.name)).toHaveLength(1)
    expect(enabled()).toBe(true)
    expect(shows()).toContain(revision.topHash.slice(0, 10))
  })
})

describe.each([
  ['rate-limited', 'benchling.rate_limited'],
  ['server-errors', 'benchling.unavailable'],
  ['dropped-connections', 'benchling.unavailable'],
] as const)('An API with %s for ten minutes', (fault, code) => {
  test('is waited for: the run goes on by itself when it is over, and the canvas is drawn again', async () => {
    const { lab, insert, enabled, shows } = await labWithCanvas()
    await using _ = lab
    lab.tenant.faults.set(fault, true)
    const began = lab.clock.now()
    await insert()
    for (let failures = 0; failures < 10; failures++) {
      const failed = await lab.next(({ key, kind }) => key === `entry:${ENTRY}` && kind === 'failed')
      expect(failed.code).toBe(code)
    }
    expect(lab.clock.now() - began).toBeGreaterThan(9 * 60_000)
    expect((await lab.entry(ENTRY)).state.failure).toMatchObject({ code, retryAt: expect.any(Number) })
    lab.tenant.faults.clear()
    await lab.rest()
    const revision = await lab.packaged(ENTRY)
    expect(await lab.revisions(revision.name)).toHaveLength(1)
    expect(await lab.runs(ENTRY)).toHaveLength(1)
    expect(shows()).toContain(revision.topHash.slice(0, 10))
    expect(enabled()).toBe(true)
  })
})

describe('An export', () => {
  test('that takes a minute longer is waited for', async () => {
    const { lab, insert, shows } = await labWithCanvas()
    await using _ = lab
    lab.tenant.faults.set('slow-export', 1)
    const exporting = lab.next(({ key, kind }) => key.startsWith('canvas:') && kind === 'done')
    await insert()
    await exporting
    await lab.rest()
    const revision = await lab.packaged(ENTRY)
    expect(lab.tenant.exports.list()).toHaveLength(1)
    expect(shows()).toContain(revision.topHash.slice(0, 10))
  })

  test('that fails once is asked for again', async () => {
    const { lab, insert } = await labWithCanvas()
    await using _ = lab
    lab.tenant.faults.set('failed-export', 1)
    await insert()
    await lab.rest()
    await lab.packaged(ENTRY)
    expect(lab.tenant.exports.list()).toHaveLength(2)
  })

  test('that fails every time buries the run with Benchling’s reason; Retry packages when it works again', async () => {
    const { lab, canvasId, insert, enabled, shows } = await labWithCanvas()
    await using _ = lab
    lab.tenant.faults.set('failed-export', true)
    await insert()
    await lab.rest()
    expect(lab.tenant.exports.list()).toHaveLength(3)
    expect(shows()).toContain('export.failed')
    expect(shows()).toContain('The item could not be exported. Try again later.')
    expect(enabled()).toBe(true)

    lab.tenant.faults.clear()
    await lab.tenant.click(canvasId, 'retry')
    await lab.rest()
    const revision = await lab.packaged(ENTRY)
    expect(shows()).toContain(revision.topHash.slice(0, 10))
    expect(shows()).not.toContain('export.failed')
    expect(enabled()).toBe(true)
  })
})
