import { inflateSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { wholeBuffer } from '../../src/simulator/archive/byte-source.ts'
import type { EntrySeed } from '../../src/simulator/entries/sample.ts'
import { sampleEntries } from '../../src/simulator/samples/index.ts'
import { unzip } from './support/zip.ts'

const [galactosidase, imaging, titration] = (await sampleEntries()) as [EntrySeed, EntrySeed, EntrySeed]
const file = (entry: EntrySeed, end: string): Buffer =>
  wholeBuffer(entry.attachments!.find(({ name }) => name.endsWith(end))!.content)

describe('the sample notebook', () => {
  it('has a small entry, one of 2,000 files, and one with everything', () => {
    expect(
      [titration, imaging, galactosidase].map(({ displayId, attachments }) => [
        displayId,
        attachments!.length,
      ]),
    ).toEqual([
      ['EXP25000088', 4],
      ['EXP25000087', 2_000],
      ['EXP25000086', 6],
    ])
    expect(new Set(imaging.attachments!.map(({ id }) => id)).size).toBe(2_000)
    expect(new Set(imaging.attachments!.map(({ name }) => name)).size).toBe(2_000)
  })

  it('links entities, entries, people and addresses from text and from cells', () => {
    const notes = galactosidase.days!.flatMap((day) => day.notes)
    const inText = notes.flatMap((note) => note.links ?? []).map(({ type }) => type)
    const inCells = notes
      .flatMap((note) => note.table?.rows ?? [])
      .flatMap((row) => row.cells)
      .flatMap((cell) => (cell.link ? [cell.link.type] : []))
    expect(inText).toEqual(['dna_sequence', 'user', 'entry'])
    expect(inCells).toEqual(['custom_entity', 'container', 'link', 'entry'])
  })

  it('mentions every attachment in its text, and none twice', () => {
    for (const entry of [galactosidase, imaging, titration]) {
      const mentioned = entry.days!.flatMap((day) => day.notes).flatMap((note) => note.externalFileId ?? [])
      expect(mentioned.toSorted()).toEqual(entry.attachments!.map(({ id }) => id).toSorted())
    }
  })
})

describe('sample files are what their names say', () => {
  it('PNG with a whole picture', () => {
    const png = file(titration, 'plate-03.png')
    expect(png.subarray(1, 4).toString()).toBe('PNG')
    const [width, height] = [png.readUInt32BE(16), png.readUInt32BE(20)]
    const length = png.readUInt32BE(33)
    const pixels = inflateSync(png.subarray(41, 41 + length))
    expect(pixels.length).toBe(height * (1 + 3 * width))
    expect(Math.max(...pixels.subarray(0, 50_000))).toBeGreaterThan(150)
  })

  it('TIFF whose strip lies within the file', () => {
    const tiff = file(galactosidase, '.tif')
    expect(tiff.subarray(0, 4)).toEqual(Buffer.from([0x49, 0x49, 42, 0]))
    const directory = tiff.readUInt32LE(4)
    const tags = new Map(
      Array.from({ length: tiff.readUInt16LE(directory) }, (_, i) => {
        const at = directory + 2 + i * 12
        return [tiff.readUInt16LE(at), tiff.readUInt32LE(at + 8)] as const
      }),
    )
    expect(tags.get(279)).toBe(tags.get(256)! * tags.get(257)! * 2)
    expect(tags.get(273)! + tags.get(279)!).toBe(directory)
  })

  it('XLSX with its sheet', async () => {
    const parts = await unzip(file(galactosidase, '.xlsx'))
    const sheet = parts.find(({ name }) => name === 'xl/worksheets/sheet1.xml')!.bytes.toString()
    expect(sheet).toContain('<c r="B2"><v>118.4</v></c>')
    expect(sheet).toContain('&quot;Flocken&quot;')
    expect(parts.map(({ name }) => name)).toContain('[Content_Types].xml')
  })

  it('CSV, FASTA, GenBank and PDF', () => {
    expect(file(galactosidase, 'Messung.csv').toString()).toContain('"leicht trüb, ""Flocken"""')
    expect(file(galactosidase, 'Kinetik.csv').toString().split('\r\n')[4]!.split(',')).toHaveLength(98)
    expect(file(galactosidase, '.fasta').toString()).toMatch(/^>lacZ_WT .*\nATG[ACGT]{67}\n/)
    expect(file(titration, '.gb').toString()).toMatch(
      /^LOCUS {7}pQB2743 .* 5412 bp .*ORIGIN\n {8}1 atg.*\/\/\n$/s,
    )
    expect(file(titration, 'protocol.pdf').subarray(0, 5).toString()).toBe('%PDF-')
  })
})
