import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Activity } from '../../src/jobs/activity.ts'
import { Lab } from '../main-path/support/lab.ts'
import { entrySeed, file } from '../main-path/support/seeds.ts'
import { type Emulator, startVersitygw } from './emulators.ts'
import { type CheckedPackage, checkRegistry, problemsOf } from './quilt3.ts'
import { scratch } from './tools.ts'

const run = promisify(execFile)
const MAIN = join(import.meta.dirname, '../../src/main.ts')

describe('quilt3 and the demonstration', () => {
  it('agree on every package and file of `demo --once`', async () => {
    const home = await scratch()
    try {
      const registry = join(home.path, 'registry')
      const { stdout } = await run(process.execPath, [
        MAIN,
        'demo',
        '--once',
        '--json',
        '--registry',
        registry,
      ])
      const { packages } = JSON.parse(stdout) as {
        packages: { name: string; topHash: string; files: number }[]
      }
      const checked = await checkRegistry(pathToFileURL(registry).href)
      expect(problemsOf(checked)).toEqual([])
      const theirs = checked.map(({ name, latest, revisions }) => ({
        name,
        topHash: latest,
        files: revisions.find((r) => r.pointer === 'latest')?.keys.length,
      }))
      expect(theirs).toEqual(packages.map(({ name, topHash, files }) => ({ name, topHash, files })))
      expect(packages.map(({ files }) => files)).toContainEqual(expect.closeTo(2007, 0))
    } finally {
      await home.remove()
    }
  })
})

const ID = 'etr_Conform01'
const FILES = [
  file('reads.fastq', '@r1\nACGT\n+\nIIII\n'),
  file('Größe µ.csv', 'well,od\nA1,0.4\n'),
  file('empty.txt', ''),
]

/** An entry's life: created, a field edited, a text edited and Update pressed, a file removed, exported once more. */
const live = async (lab: Lab): Promise<string[]> => {
  const hashes: string[] = []
  const packaged = async (act: () => Promise<unknown>) => {
    const done = lab.next(({ kind, key }: Activity) => kind === 'done' && key === `entry:${ID}`)
    await act()
    await done
    await lab.rest()
    hashes.push((await lab.packaged(ID)).topHash)
  }
  await packaged(() => lab.tenant.created(ID))
  lab.tenant.entries.update(ID, { fields: { Project: 'Edited µ' } })
  await packaged(async () => lab.tenant.save(ID))
  const { canvas } = await lab.tenant.insertCanvas(ID)
  await lab.rest()
  hashes.push((await lab.packaged(ID)).topHash)
  const [attachment] = lab.tenant.entries.get(ID).attachments.keys()
  lab.tenant.entries.removeAttachment(ID, attachment!)
  await packaged(() => lab.tenant.click(canvas.id, 'update'))
  await packaged(() => lab.tenant.click(canvas.id, 'update'))
  return hashes
}

const PLACES: [string, (emulator: Emulator | null) => Record<string, string>][] = [
  ['a folder', () => ({})],
  ['a versioned bucket', () => ({ QUILT_REGISTRY: 's3://lab-life', AWS_REGION: 'us-east-1' })],
]

describe.each(PLACES)('quilt3 and the life of an entry in %s', (place, environment) => {
  let emulator: Emulator | null = null
  let lab: Lab
  let hashes: string[]
  let checked: CheckedPackage[]
  const before = { ...process.env }

  beforeAll(async () => {
    if (place !== 'a folder') {
      emulator = await startVersitygw()
      await emulator.createBucket('lab-life', true)
      Object.assign(process.env, emulator.env)
    }
    lab = await Lab.start({ tenant: { entries: [entrySeed(ID, FILES)] }, env: environment(emulator) })
    hashes = await live(lab)
    checked = await checkRegistry(lab.service.registry.url, emulator?.env)
  })
  afterAll(async () => {
    await lab?.[Symbol.asyncDispose]()
    await emulator?.close()
    process.env = before
  })

  it('agree on every revision: listed, browsed, installed, verified, and rebuilt with the same top hash', () => {
    expect(problemsOf(checked)).toEqual([])
  })

  it('agree on which revisions there are, and that the last export is one of its own', () => {
    const theirs = checked[0]!.revisions.filter((r) => r.pointer !== 'latest').map((r) => r.topHash)
    expect(checked).toHaveLength(1)
    expect(theirs.toSorted()).toEqual([...new Set(hashes)].toSorted())
    expect(checked[0]!.latest).toBe(hashes.at(-1))
    expect(new Set(hashes).size).toBe(hashes.length)
  })

  it('agree that the removed file is gone from the later revisions and still in the earlier ones', () => {
    const withFile = (topHash: string) =>
      checked[0]!.revisions
        .find((r) => r.topHash === topHash)!
        .keys.some((key) => key.endsWith('reads.fastq'))
    expect(hashes.map(withFile)).toEqual([true, true, true, false, false])
  })
})
