import { describe, expect, it } from 'vitest'
import { Fault } from '../../src/base/fault.ts'
import type { Member } from '../../src/export/archive.ts'
import { compareAttachments } from '../../src/packaging/attachments.ts'
import { bare } from './entries.ts'
import { FakeBenchling, inMemory } from './fake-benchling.ts'

const { signal } = new AbortController()

const member = (name: string, size = 1): Member => ({
  index: 0,
  name,
  size,
  compressedSize: size,
  crc32: 0,
  method: 'stored',
  localHeaderOffset: 0,
})

const entryWith = (ids: readonly string[]) =>
  bare({ days: [{ notes: ids.map((externalFileId) => ({ type: 'external_file', externalFileId })) }] })

const compare = async (
  files: readonly { name: string | null; size: number | null }[],
  members: readonly Member[],
  gone: readonly string[] = [],
) => {
  const ids = [...files.map((_, n) => `efl_${n}`), ...gone]
  const entry = entryWith([...ids, ...ids])
  const benchling = new FakeBenchling(entry, inMemory(Buffer.alloc(0)))
  for (const [n, file] of files.entries())
    benchling.attachments.set(`efl_${n}`, { ...file, download: inMemory(Buffer.alloc(0)) })
  const found = await compareAttachments(entry, members, benchling.port(), signal)
  return { ...found, lacking: found.lacking.map(({ name }) => name), asked: benchling.asked.length }
}

describe('attachments of an entry', () => {
  it('are in the archive when a file has their base name and size, in whatever folder', async () => {
    const found = await compare(
      [
        { name: 'plate.png', size: 5 },
        { name: 'reads.fasta', size: 7 },
      ],
      [member('attachments/plate.png', 5), member('x\\y\\reads.fasta', 7)],
    )
    expect(found).toEqual({ lacking: [], missing: [], asked: 2 })
  })

  it('are lacking when the size differs, or the name', async () => {
    const { lacking } = await compare(
      [
        { name: 'plate.png', size: 5 },
        { name: 'reads.fasta', size: 7 },
      ],
      [member('plate.png', 6), member('other.fasta', 7)],
    )
    expect(lacking).toEqual(['plate.png', 'reads.fasta'])
  })

  it('need one file each, even when two are called the same', async () => {
    const twice = [
      { name: 'a.csv', size: 1 },
      { name: 'a.csv', size: 1 },
    ]
    expect((await compare(twice, [member('a.csv'), member('b/a.csv')])).lacking).toEqual([])
    expect((await compare(twice, [member('a.csv')])).lacking).toEqual(['a.csv'])
  })

  it('are compared by what Benchling tells, and fetched when it tells nothing', async () => {
    const members = [member('a.csv', 3)]
    expect((await compare([{ name: null, size: 3 }], members)).lacking).toEqual([])
    expect((await compare([{ name: 'a.csv', size: null }], members)).lacking).toEqual([])
    expect((await compare([{ name: null, size: null }], members)).lacking).toEqual(['efl_0'])
  })

  it('without a name take no file of the archive that is another attachment by its name', async () => {
    const files = [
      { name: null, size: 3 },
      { name: 'b.csv', size: 3 },
    ]
    expect((await compare(files, [member('b.csv', 3)])).lacking).toEqual(['efl_0'])
  })

  it('without a name are all fetched when the archive has fewer files of their size', async () => {
    const files = [
      { name: null, size: 3 },
      { name: null, size: 3 },
    ]
    expect((await compare(files, [member('a', 3), member('b', 3)])).lacking).toEqual([])
    expect((await compare(files, [member('b', 3)])).lacking).toEqual(['efl_0', 'efl_1'])
  })

  it('have the same name however its accents are written', async () => {
    expect((await compare([{ name: 'e\u0301.csv', size: 1 }], [member('\u00e9.csv')])).lacking).toEqual([])
  })

  it('have no folder in their name', async () => {
    expect((await compare([{ name: '../a/b\\c.csv', size: 1 }], [])).lacking).toEqual(['.._a_b_c.csv'])
  })

  it('that are gone are reported and keep nothing else from being packaged', async () => {
    const found = await compare([{ name: 'a.csv', size: 1 }], [member('a.csv')], ['efl_Gone'])
    expect(found).toMatchObject({ lacking: [], missing: ['efl_Gone'] })
  })

  it('that cannot be asked for at the moment end the run', async () => {
    const entry = entryWith(['efl_1'])
    const port = new FakeBenchling(entry, inMemory(Buffer.alloc(0))).port()
    const busy = { ...port, externalFile: () => Promise.reject(new Fault('benchling.unavailable')) }
    await expect(compareAttachments(entry, [], busy, signal)).rejects.toMatchObject({
      code: 'benchling.unavailable',
    })
  })

  it('are not asked for one by one when there are very many and the archive has a file for each', async () => {
    const files = Array.from({ length: 150 }, (_, n) => ({ name: `${n}.tif`, size: n }))
    const members = [member('Assay (etr_Bare1).pdf'), ...files.map(({ name, size }) => member(name, size))]
    expect((await compare(files, members)).asked).toBe(0)
    const { lacking, asked } = await compare(files, members.slice(0, -1))
    expect({ lacking, asked }).toEqual({ lacking: ['149.tif'], asked: 150 })
  })
})
