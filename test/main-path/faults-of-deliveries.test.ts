import { describe, expect, test } from 'vitest'
import type { DeliveryAttempt } from '../../src/simulator/page-contract.ts'
import { ENTRY, labWithCanvas } from './support/lab-with-canvas.ts'

const expectRefusedThenTaken = (attempts: readonly DeliveryAttempt[]) => {
  const statuses = attempts.map(({ status }) => status)
  expect(statuses.at(0)).toBe(503)
  expect(statuses.at(-1)).toBe(202)
  expect(new Set(statuses.slice(0, -1))).toEqual(new Set([503]))
}

describe('Benchling’s keys', () => {
  test('that cannot be had make the answer 503 with Retry-After, and the resent delivery arrives', async () => {
    const { lab, insert, enabled } = await labWithCanvas()
    await using _ = lab
    lab.tenant.rotateKeys()
    lab.tenant.faults.set('failing-jwks', 1)
    lab.clock.advance(31_000)
    const { id } = await insert()
    await lab.tenant.settled(id)
    await lab.rest()
    const { attempts } = await lab.tenant.settled(id)
    expectRefusedThenTaken(attempts)
    await lab.packaged(ENTRY)
    expect(enabled()).toBe(true)
  })

  test('that take 20 seconds are not waited for: 503 within Benchling’s three seconds, then the resent one arrives', async () => {
    const { lab, insert } = await labWithCanvas()
    await using _ = lab
    lab.tenant.rotateKeys()
    lab.tenant.faults.set('slow-jwks', 1)
    lab.clock.advance(31_000)
    const asked = lab.tenant.deliveries.length
    const sent = insert()
    const jwksUnderWay = new Promise<void>((resolve) => {
      const look = () => (lab.tenant.faults.isOn('slow-jwks') ? setImmediate(look) : resolve())
      look()
    })
    await jwksUnderWay
    lab.clock.advance(2_000)
    const { id } = await sent
    await lab.rest()
    const { attempts } = await lab.tenant.settled(id)
    expect(lab.tenant.deliveries).toHaveLength(asked + 1)
    expectRefusedThenTaken(attempts)
    expect(attempts[0]?.ms).toBeLessThan(3_000)
    await lab.packaged(ENTRY)
  })

  test('that were rotated are fetched again when none fits', async () => {
    const { lab, insert } = await labWithCanvas()
    await using _ = lab
    lab.clock.advance(31_000)
    lab.tenant.rotateKeys()
    const { attempts } = await insert()
    expect(attempts.map(({ status }) => status)).toEqual([202])
    await lab.rest()
  })
})

describe('Deliveries', () => {
  test('that arrive twice are done once', async () => {
    const { lab, insert } = await labWithCanvas()
    await using _ = lab
    lab.tenant.faults.set('duplicate-deliveries', true)
    const { attempts } = await insert()
    await lab.rest()
    expect(attempts).toHaveLength(2)
    const revision = await lab.packaged(ENTRY)
    expect(await lab.revisions(revision.name)).toHaveLength(1)
    const deliveries = await lab.service.history.deliveries({ limit: 10, key: `entry:${ENTRY}` })
    expect(deliveries).toHaveLength(1)
    expect((await lab.runs(ENTRY)).map(({ outcome }) => outcome)).toEqual(['done'])
  })

  test('that overtake each other end in one revision, which holds the newest edit', async () => {
    const { lab } = await labWithCanvas()
    await using _ = lab
    lab.tenant.faults.set('reordered-deliveries', 1)
    const created = lab.tenant.created(ENTRY)
    lab.tenant.entries.update(ENTRY, { fields: { Project: 'Newest' } })
    const saved = lab.tenant.save(ENTRY)
    await Promise.all([created, saved])
    await lab.rest()
    const revision = await lab.packaged(ENTRY)
    expect(revision.header.user_meta).toMatchObject({ fields: { project: 'Newest' } })
    expect(await lab.revisions(revision.name)).toHaveLength(1)
  })

  test('of canvases that do not say where they are: the entry is learnt from Benchling and packaged once', async () => {
    const { lab, canvasId, insert, enabled, shows } = await labWithCanvas()
    await using _ = lab
    lab.tenant.faults.set('missing-resource-id', true)
    await insert()
    await lab.rest()
    const revision = await lab.packaged(ENTRY)
    expect(shows()).toContain(revision.topHash.slice(0, 10))
    await lab.tenant.click(canvasId, 'update')
    await lab.rest()
    expect(lab.tenant.exports.list()).toHaveLength(2)
    expect(enabled()).toBe(true)
  })

  test('with unknown buttons leave the canvas usable and say so', async () => {
    const { lab, canvasId, insert, enabled, shows } = await labWithCanvas()
    await using _ = lab
    await insert()
    await lab.rest()
    await lab.tenant.deliver({ type: 'v2.canvas.userInteracted', canvasId, buttonId: 'self-destruct' })
    await lab.rest()
    expect(enabled()).toBe(true)
    expect(shows()).toContain('That button is not known')
  })
})
