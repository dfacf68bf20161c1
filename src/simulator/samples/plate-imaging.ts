import type { Attachment, EntrySeed } from '../entries/sample.ts'
import { fileNote, linkField, numberField, textField, textNote } from '../entries/sample.ts'
import { seedOf } from '../random.ts'
import { attachment } from './attachment.ts'
import { cellField } from './formats/cells.ts'
import { png } from './formats/images.ts'
import { IMAGING_ID, JANE } from './people.ts'

const CREATED = Date.UTC(2025, 9, 22, 9, 30, 4, 118)
const CHANNELS = [
  { name: 'DAPI', cells: 9, radius: 3 },
  { name: 'GFP', cells: 7, radius: 5 },
  { name: 'RFP', cells: 4, radius: 5 },
  { name: 'Cy5', cells: 3, radius: 4 },
  { name: 'BF', cells: 12, radius: 4 },
]
const WELL_ROWS = ['A', 'B', 'C', 'D', 'E', 'F', 'G', 'H']
const WELL_COLUMNS = 10
const FIELDS_A_WELL = 5
/** Small on purpose: the number of files is what this entry is about. */
const SIDE = 64

/** 80 wells, 5 fields, 5 channels: 2,000 images, each made when it is first read. */
const images = (): Attachment[] =>
  WELL_ROWS.flatMap((row) =>
    Array.from({ length: WELL_COLUMNS }, (_, column) => `${row}${String(column + 1).padStart(2, '0')}`),
  ).flatMap((well) =>
    Array.from({ length: FIELDS_A_WELL }, (_, field) =>
      CHANNELS.map(({ name, cells, radius }) => {
        const file = `plate-03_${well}_f${field + 1}_${name}.png`
        const options = { seed: seedOf(file), width: SIDE, height: SIDE, cells, radius }
        return attachment(`efl_${well}f${field + 1}${name}`, file, () => png([cellField(options)]))
      }),
    ).flat(),
  )

/** The one with 2,000 files. Their captions name them, as an instrument's uploader does. */
export const plateImaging = (): EntrySeed => {
  const files = images()
  return {
    id: IMAGING_ID,
    displayId: 'EXP25000087',
    name: 'Plate imaging, 2,000 files',
    createdAt: CREATED,
    author: JANE,
    schema: { id: 'ts_Imag1ng7', name: 'Imaging' },
    fields: {
      Project: textField('Enzyme kinetics'),
      'Cell Line': linkField('custom_entity_link', 'bfi_HEK293Tx', 'HEK293T clone 7'),
      Channels: linkField('dropdown', ['sfso_Dapi0001', 'sfso_Gfp00002'], 'DAPI, GFP'),
      Magnification: numberField('integer', 20, 'x'),
    },
    days: [
      {
        date: '2025-10-22',
        title: 'Plate 03',
        notes: [
          textNote('Five fields of every well in five channels, 20x, after 24 h.', [
            { id: 'plt_Img0ne03', type: 'plate', webURL: null },
          ]),
          ...files.map((file) => fileNote(file.id, file.name)),
        ],
      },
    ],
    attachments: files,
  }
}
