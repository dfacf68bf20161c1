import { bufferSource } from '../../src/simulator/archive/byte-source.ts'
import { virtualArchive } from '../../src/simulator/archive/virtual-archive.ts'
import { type EntrySeed, numberField, textField } from '../../src/simulator/entries/sample.ts'

export const MANY_ID = 'etr_Many0001'
export const MANY_DISPLAY_ID = 'EXP25000090'
/** The folder that holds them all. */
export const MANY_FOLDER = 'plate-03'
const CREATED = Date.UTC(2025, 9, 23, 8, 15, 0)

export const nameOfFile = (number: number): string => `field-${String(number).padStart(5, '0')}.csv`

/** An entry whose export holds so many small files in one folder, as an instrument leaves them. */
export const manyFilesEntry = async (count: number): Promise<EntrySeed> => {
  const members = Array.from({ length: count }, (_, i) => ({
    name: `${MANY_FOLDER}/${nameOfFile(i + 1)}`,
    content: bufferSource(Buffer.from(`field,cells\n${i + 1},${(i * 37) % 211}\n`)),
  }))
  return {
    id: MANY_ID,
    displayId: MANY_DISPLAY_ID,
    name: `Plate imaging, ${count.toLocaleString('en-US')} files`,
    createdAt: CREATED,
    schema: { id: 'ts_Imag1ng7', name: 'Imaging' },
    fields: { Project: textField('Enzyme kinetics'), Magnification: numberField('integer', 20, 'x') },
    archiveBytes: await virtualArchive(members, new Date(CREATED)),
  }
}
