import { describe, expect, test } from 'vitest'
import { generatedSource } from '../../src/simulator/archive/byte-source.ts'
import { HOSTILE_NAMES } from '../../src/simulator/archive/hostile-archive.ts'
import type { FaultName } from '../../src/simulator/fault-names.ts'
import { keysOf, Lab } from './support/lab.ts'
import { entrySeed, file } from './support/seeds.ts'

const ID = 'etr_Zip00001'
const MIB = 2 ** 20
/** Larger than the tail that is read first, so that members need requests of their own. */
const BIG = { ...file('big.bin', ''), content: generatedSource(7, 3 * MIB) }

const startLab = async (env = {}) =>
  Lab.start({ tenant: { entries: [entrySeed(ID, [file('data.csv', 'a\n1\n'), BIG])] }, env })

/** Switches a fault on, announces the entry with a canvas, and waits until all rests. */
const strike = async (lab: Lab, fault: FaultName, on: boolean | number) => {
  lab.tenant.faults.set(fault, on)
  const { canvas } = await lab.tenant.insertCanvas(ID)
  await lab.rest()
  return canvas.id
}

const expectRetryToPackage = async (lab: Lab, canvasId: string, code: string) => {
  expect(lab.shows(canvasId)).toContain(code)
  expect(lab.shows(canvasId)).toContain('"Retry"')
  expect(lab.tenant.canvases.get(canvasId).enabled).toBe(true)
  expect(await lab.service.registry.packages(new AbortController().signal)).toEqual([])
  lab.tenant.faults.clear()
  await lab.tenant.click(canvasId, 'retry')
  await lab.rest()
  const revision = await lab.packaged(ID)
  expect(lab.shows(canvasId)).toContain(revision.topHash.slice(0, 10))
  expect(lab.tenant.canvases.get(canvasId).enabled).toBe(true)
}

describe('A download that has trouble for a while ends in the right package:', () => {
  test.each([
    ['links that expire', 'expired-links', 2],
    ['connections that break half way', 'dropped-connections', 6],
    ['archives without their end', 'truncated-archive', 1],
    ['files that change under the reader', 'changed-archive', 2],
    ['a server without ranges', 'no-ranges', true],
  ] as const)('%s', async (_what, fault, on) => {
    await using lab = await startLab()
    const canvasId = await strike(lab, fault, on)
    const revision = await lab.packaged(ID)
    expect(revision.entries.find(({ logicalKey }) => logicalKey === 'big.bin')?.size).toBe(3 * MIB)
    expect(await lab.revisions(revision.name)).toHaveLength(1)
    expect(lab.shows(canvasId)).toContain(revision.topHash.slice(0, 10))
    expect(lab.tenant.canvases.get(canvasId).enabled).toBe(true)
  })
})

describe('A download that never works buries the run, shows its code, and packages at Retry:', () => {
  test.each([
    ['links that are always expired', 'expired-links', 'export.link_expired', 3],
    ['archives that always lack their end', 'truncated-archive', 'archive.', 3],
    ['two files that claim the same bytes', 'hostile-archive', 'archive.overlap', 1],
    ['a file that always changes', 'changed-archive', 'export.changed', 3],
  ] as const)('%s', async (_what, fault, code, exports) => {
    await using lab = await startLab()
    const canvasId = await strike(lab, fault, true)
    expect(lab.tenant.exports.list()).toHaveLength(exports)
    await expectRetryToPackage(lab, canvasId, code)
  })

  test('a server without ranges, and an export above the cap', async () => {
    await using lab = await startLab({ EXPORT_MAX_BUFFER_BYTES: '1MiB' })
    const canvasId = await strike(lab, 'no-ranges', true)
    await expectRetryToPackage(lab, canvasId, 'export.too_large_without_ranges')
  })
})

test('Names that try to leave the package, hide or collide become keys that stay inside', async () => {
  await using lab = await startLab()
  await strike(lab, 'hostile-names', true)
  const revision = await lab.packaged(ID)
  const keys = keysOf(revision)
  expect(keys.length).toBeGreaterThan(HOSTILE_NAMES.length)
  for (const key of keys) {
    expect(key.split('/')).not.toContain('..')
    expect(key).not.toMatch(/^\/|\\|%|[\p{Cc}]|^\.quilt\//u)
    expect(Buffer.byteLength(key)).toBeLessThanOrEqual(1024)
  }
  expect(new Set(keys.map((key) => key.normalize('NFC').toLowerCase())).size).toBe(keys.length)
  expect(JSON.parse(await lab.text(revision, 'entry.json')).entry_id).toBe(ID)
  const contents = await Promise.all(keys.map((key) => lab.text(revision, key)))
  for (const at of HOSTILE_NAMES.keys()) expect(contents).toContain(`hostile member ${at}\n`)
})
