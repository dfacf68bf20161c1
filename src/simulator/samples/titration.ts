import type { EntrySeed } from '../entries/sample.ts'
import { dateField, fileNote, linkField, numberField, textField, textNote } from '../entries/sample.ts'
import { attachment } from './attachment.ts'
import { cellField } from './formats/cells.ts'
import { png } from './formats/images.ts'
import { csv } from './formats/plate-reader.ts'
import { protocolPdf } from './formats/protocol-pdf.ts'
import { bases, genBank } from './formats/sequences.ts'
import { JANE, TITRATION_ID } from './people.ts'

const CREATED = Date.UTC(2025, 9, 23, 12, 2, 11, 262)
const CONCENTRATIONS = [0.5, 1, 2, 4, 8, 16]

/** The small one: a table, a few files, a handful of fields. */
export const titration = async (): Promise<EntrySeed> => {
  const rows = CONCENTRATIONS.map((c, i) => [`A${i + 1}`, c.toFixed(1), ((0.26 * c) / (9.5 + c)).toFixed(4)])
  const steps = [
    'Dilute QB-2743.1 in assay buffer, two-fold, six steps.',
    'Add 10 nM enzyme, incubate 10 min at 30 °C.',
    'Start with 200 µM substrate, read absorbance at 410 nm every 30 s for 10 min.',
    'Fit initial rates; report the change of absorbance per minute.',
  ]
  const files = [
    attachment(
      'efl_Pr0t0co1',
      'protocol.pdf',
      await protocolPdf('Kinetic titration', steps, new Date(CREATED)),
    ),
    attachment(
      'efl_C0nstrGb',
      'construct.gb',
      genBank('pQB2743', 'Expression construct of the target of QB-2743.1', bases(2743, 5_412)),
    ),
    attachment('efl_Plate03i', 'plate-03.png', () => {
      const size = { width: 384, height: 384, radius: 13 }
      return png([
        cellField({ ...size, seed: 31, cells: 12, noise: 0.02 }),
        cellField({ ...size, seed: 32, cells: 60 }),
        cellField({ ...size, seed: 33, cells: 60, radius: 6 }),
      ])
    }),
    attachment('efl_RawRate5', 'rates.csv', csv([['well', 'conc_uM', 'dA410_per_min'], ...rows])),
  ]
  return {
    id: TITRATION_ID,
    displayId: 'EXP25000088',
    name: 'Titration of QB-2743.1',
    createdAt: CREATED,
    author: JANE,
    schema: { id: 'ts_Titr4t10', name: 'Titration' },
    fields: {
      Project: textField('Enzyme kinetics'),
      Sample: linkField('entity_link', 'bfi_QB27431x', 'QB-2743.1'),
      Status: linkField('dropdown', 'sfso_InPr0grs', 'In progress'),
      'Start Date': dateField('2025-10-23'),
      Replicates: numberField('integer', 3),
      Temperature: numberField('float', 30.5, '°C'),
    },
    days: [
      {
        date: '2025-10-23',
        title: null,
        notes: [
          textNote('Titration of QB-2743.1 against the target enzyme, initial rates at 410 nm.', [
            {
              id: 'bfi_QB27431x',
              type: 'custom_entity',
              webURL: 'https://acme.benchling.test/acme/f/lib_R8KcsjhW-registry/bfi_QB27431x/edit',
            },
          ]),
          {
            type: 'table',
            indentation: 0,
            text: 'Initial rates',
            links: [],
            table: {
              name: 'kinetics',
              columnLabels: ['Well', 'Conc. (µM)', 'ΔA₄₁₀ / min'],
              rows: rows.map((row) => ({ cells: row.map((text) => ({ text })) })),
            },
          },
          ...files.map((file) => fileNote(file.id)),
        ],
      },
    ],
    attachments: files,
  }
}
