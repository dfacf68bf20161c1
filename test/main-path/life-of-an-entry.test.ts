import { describe, expect, test } from 'vitest'
import { textNote } from '../../src/simulator/entries/sample.ts'
import { keysOf, Lab, physicalKeys } from './support/lab.ts'
import { entrySeed, file } from './support/seeds.ts'

const ID = 'etr_Life0001'
const FILES = [file('reads.fastq', '@r1\nACGT\n+\nIIII\n'), file('plate.csv', 'well,od\nA1,0.4\n')]

const startWith = async (...seeds: Parameters<typeof entrySeed>[]) =>
  Lab.start({ tenant: { entries: seeds.map((seed) => entrySeed(...seed)) } })

/** An entry with a canvas whose first revision is there. */
const packagedLab = async (files = FILES) => {
  const lab = await startWith([ID, files])
  const { canvas } = await lab.tenant.insertCanvas(ID)
  await lab.tenant.created(ID)
  await lab.rest()
  return { lab, canvasId: canvas.id, first: await lab.packaged(ID) }
}

describe('An entry that is created', () => {
  test('becomes a package whose every hash is right, with its canvas saying so', async () => {
    const { lab, canvasId, first } = await packagedLab()
    await using _ = lab
    const { displayId, name, createdAt } = lab.tenant.entries.get(ID).api

    expect(first.name).toBe(`benchling/${displayId}`)
    expect(keysOf(first).toSorted()).toEqual(
      [
        'README.md',
        'entry.json',
        'entry_data.json',
        'input.json',
        'links.json',
        'plate.csv',
        'reads.fastq',
        'tables/Yields.csv',
        `${name} ${createdAt.slice(0, 10)} (${ID}).pdf`,
      ].toSorted(),
    )
    expect(await lab.text(first, 'reads.fastq')).toBe('@r1\nACGT\n+\nIIII\n')
    expect(await lab.text(first, 'tables/Yields.csv')).toBe('well,mg\r\nA1,1.5\r\n')
    expect(JSON.parse(await lab.text(first, 'entry.json'))).toEqual(first.header.user_meta)
    expect(first.header.user_meta).toMatchObject({
      entry_id: ID,
      fields: { project: 'Kinetics', replicates: 3 },
    })

    expect(lab.tenant.canvases.get(canvasId).enabled).toBe(true)
    expect(lab.shows(canvasId)).toContain('Packaged')
    expect(lab.shows(canvasId)).toContain(first.topHash.slice(0, 10))
  })

  test('is exported once, although created and canvas both ask for it', async () => {
    const { lab } = await packagedLab()
    await using _ = lab
    expect(lab.tenant.exports.list()).toHaveLength(1)
    expect(await lab.revisions((await lab.packaged(ID)).name)).toHaveLength(1)
  })

  test('keeps the record of what happened: delivery, causes, steps and software version', async () => {
    const { lab } = await packagedLab()
    await using _ = lab
    const [record] = await lab.runs(ID)
    const run = await lab.service.history.run(record!.id)
    expect(run?.outcome).toBe('done')
    expect(run?.version).toMatch(/^\d+\.\d+\.\d+/)
    expect(run?.causes.map(({ type }) => type)).toContain('v2.canvas.created')
    expect(run?.steps.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['read entry', 'export', 'wait for export', 'store members', 'publish']),
    )
  })
})

describe('An entry that is announced again', () => {
  test('without a change is unchanged and no export is asked for', async () => {
    const { lab, canvasId, first } = await packagedLab()
    await using _ = lab
    await lab.tenant.save(ID, ['Project'])
    await lab.rest()
    expect(lab.tenant.exports.list()).toHaveLength(1)
    expect((await lab.packaged(ID)).topHash).toBe(first.topHash)
    expect((await lab.runs(ID)).at(-1)?.summary).toMatchObject({ status: 'unchanged', exported: false })
    expect(lab.shows(canvasId)).toContain('unchanged at')
  })

  test('with an edited field gets a new revision, and the earlier one still verifies', async () => {
    const { lab, first } = await packagedLab()
    await using _ = lab
    lab.tenant.entries.update(ID, { fields: { Project: 'Inhibition' } })
    await lab.tenant.save(ID)
    await lab.rest()
    const second = await lab.packaged(ID)
    expect(second.header.user_meta).toMatchObject({ fields: { project: 'Inhibition' } })
    expect(second.header.message).toContain('v2.entry.updated.fields')
    expect((await lab.revisions(first.name)).map(({ topHash }) => topHash)).toEqual([
      second.topHash,
      first.topHash,
    ])
  })
})

describe('A press on Update package', () => {
  test('packages an edited text, of which Benchling says nothing', async () => {
    const { lab, canvasId, first } = await packagedLab()
    await using _ = lab
    lab.tenant.entries.append(ID, textNote('Added 5 ml of buffer.'))
    expect(lab.tenant.save(ID)).toBeNull()
    await lab.tenant.click(canvasId, 'update')
    await lab.rest()
    const second = await lab.packaged(ID)
    expect(second.topHash).not.toBe(first.topHash)
    expect(await lab.text(second, 'entry_data.json')).toContain('Added 5 ml of buffer.')
    expect(lab.tenant.canvases.get(canvasId).enabled).toBe(true)
    expect(lab.shows(canvasId)).toContain(second.topHash.slice(0, 10))
  })

  test('on an entry that did not change exports again: what differs is the PDF, which holds its time of creation', async () => {
    const { lab, canvasId, first } = await packagedLab()
    await using _ = lab
    await lab.tenant.click(canvasId, 'update')
    await lab.rest()
    expect(lab.tenant.exports.list()).toHaveLength(2)
    const second = await lab.packaged(ID)
    expect(keysOf(second)).toEqual(keysOf(first))
    const before = physicalKeys(first)
    const differing = keysOf(second).filter((key) => physicalKeys(second).get(key) !== before.get(key))
    expect(differing).toContainEqual(expect.stringMatching(/\.pdf$/))
    // A PDF of another size also changes the two documents that list sizes.
    expect(differing.filter((key) => !/\.pdf$|^entry\.json$|^README\.md$/.test(key))).toEqual([])
  })
})

describe('An attachment', () => {
  test('that is removed is gone from the new revision and stays in the earlier one', async () => {
    const { lab, canvasId, first } = await packagedLab()
    await using _ = lab
    lab.tenant.entries.removeAttachment(ID, FILES[0]!.id)
    await lab.tenant.click(canvasId, 'update')
    await lab.rest()
    expect(keysOf(await lab.packaged(ID))).not.toContain('reads.fastq')
    const earlier = (await lab.revisions(first.name)).at(-1)!
    expect(await lab.text(earlier, 'reads.fastq')).toContain('ACGT')
  })

  test('that Benchling still scans for viruses is fetched by itself', async () => {
    const { lab, first } = await packagedLab([...FILES, file('new.bin', 'just uploaded', { scanned: false })])
    await using _ = lab
    expect(await lab.text(first, 'attachments/new.bin')).toBe('just uploaded')
    expect((await lab.runs(ID))[0]?.summary).toMatchObject({ attachmentsFetched: 1 })
  })
})

describe('Names', () => {
  test('in any script and any spelling become keys and metadata that verify', async () => {
    const names = [
      'Протокол №7.txt',
      '結果 🧪.csv',
      'e\u0301tude.txt',
      'a b + c & d.txt',
      'CON.txt',
      '100%.txt',
    ]
    await using lab = await startWith([
      ID,
      names.map((name) => file(name, `in ${name}`)),
      { name: 'Grüße / 実験 🧬' },
    ])
    await lab.tenant.created(ID)
    await lab.rest()
    const revision = await lab.packaged(ID)
    const keys = keysOf(revision)
    expect(keys).toEqual(
      expect.arrayContaining(['Протокол №7.txt', '結果 🧪.csv', 'étude.txt', 'a b + c & d.txt']),
    )
    expect(keys.filter((key) => key.includes('%') || key === 'CON.txt')).toEqual([])
    expect(revision.header.user_meta?.name).toBe('Grüße / 実験 🧬')
    const renamed = await lab.text(revision, 'names.json')
    for (const name of ['CON.txt', '100%.txt']) expect(renamed).toContain(name)
  })

  test('that are no Quilt names are mapped, each to a package of its own', async () => {
    const displayIds = ['EXP 1/µ', 'EXP 1-µ', '..', '実験']
    await using lab = await startWith(
      ...displayIds
        .map((displayId, at) => [`etr_Odd0000${at}`, [], { displayId }] as const)
        .map((seed) => [...seed] as Parameters<typeof entrySeed>),
    )
    for (const at of displayIds.keys()) await lab.tenant.created(`etr_Odd0000${at}`)
    await lab.rest()
    const names = await Promise.all(
      displayIds.map(async (displayId, at) => {
        const { name, header } = await lab.packaged(`etr_Odd0000${at}`)
        expect(header.user_meta?.display_id).toBe(displayId)
        return name
      }),
    )
    expect(new Set(names).size).toBe(displayIds.length)
    for (const name of names) expect(name).toMatch(/^benchling\/[A-Za-z0-9_-]+$/)
  })

  test('that another entry has taken are not touched', async () => {
    await using lab = await startWith(
      ['etr_Twin0001', [], { displayId: 'EXP00000001' }],
      ['etr_Twin0002', [], { displayId: 'EXP00000001' }],
    )
    await lab.tenant.created('etr_Twin0001')
    await lab.rest()
    const { canvas } = await lab.tenant.insertCanvas('etr_Twin0002')
    await lab.rest()
    expect((await lab.entry('etr_Twin0002')).state.failure?.code).toBe('package.foreign')
    expect((await lab.packaged('etr_Twin0001')).header.user_meta?.entry_id).toBe('etr_Twin0001')
    expect(lab.shows(canvas.id)).toContain('package.foreign')
    expect(lab.shows(canvas.id)).toContain('Retry')
    expect(lab.tenant.canvases.get(canvas.id).enabled).toBe(true)
  })
})

test('An entry with hundreds of files is packaged whole, and most of them share requests', async () => {
  const files = Array.from({ length: 400 }, (_, i) => file(`well-${i}.csv`, `well,${i}\n`))
  // Larger than what is read first, so that the others are not simply there.
  const image = file('plate.tif', Buffer.alloc(3 * 2 ** 20, 'noise'))
  await using lab = await startWith([ID, [...files, image], { archive: 'virtual' }])
  await lab.tenant.created(ID)
  await lab.rest()
  const revision = await lab.packaged(ID)
  expect(revision.entries.filter(({ logicalKey }) => logicalKey.startsWith('well-'))).toHaveLength(400)
  expect(await lab.text(revision, 'well-399.csv')).toBe('well,399\n')
  const [run] = await lab.runs(ID)
  expect(run?.summary.members).toBe(402)
  expect(run?.summary.requests).toBeLessThan(10)
})
