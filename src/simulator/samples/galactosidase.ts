import type { EntrySeed } from '../entries/sample.ts'
import { booleanField, fileNote, linkField, numberField, textField, textNote } from '../entries/sample.ts'
import { attachment } from './attachment.ts'
import { cellField } from './formats/cells.ts'
import { tiff } from './formats/images.ts'
import { csv, plateReaderCsv } from './formats/plate-reader.ts'
import { bases, fasta } from './formats/sequences.ts'
import { xlsx } from './formats/xlsx.ts'
import { GALACTOSIDASE_ID, SOREN, TITRATION_ID } from './people.ts'

const CREATED = Date.UTC(2025, 9, 21, 7, 45, 33, 907)
const WEB = 'https://acme.benchling.test/acme'
const sequence = {
  id: 'seq_lacZp7Bv',
  type: 'dna_sequence',
  webURL: `${WEB}/f/lib_R8KcsjhW-registry/seq_lacZp7Bv/edit`,
}
const titration = {
  id: TITRATION_ID,
  type: 'entry',
  webURL: `${WEB}/f/lib_uz14ul16-experiments/${TITRATION_ID}/edit`,
}
const person = { id: SOREN.id, type: 'user', webURL: `${WEB}/users/sangstrom` }
const clone = {
  id: 'bfi_HEK293Tx',
  type: 'custom_entity',
  webURL: `${WEB}/f/lib_R8KcsjhW-registry/bfi_HEK293Tx/edit`,
}
const stock = {
  id: 'con_9cFrz3Rk',
  type: 'container',
  webURL: `${WEB}/f/lib_R8KcsjhW-registry/con_9cFrz3Rk/edit`,
}
const SIZES = [
  ['Ansatz', 'd₅₀ (nm)', 'PDI', 'Kommentar'],
  ['WT', 118.4, 0.12, 'klar'],
  ['ΔlacY', 131.9, 0.21, 'leicht trüb, "Flocken"'],
  ['β-Gal E537Q', 97.2, 0.09, 'klar, gefiltert'],
] as const

/** The one with everything: links in text and cells, several days and tables, names in many scripts, every format. */
export const galactosidase = async (): Promise<EntrySeed> => {
  const date = new Date(CREATED)
  const files = [
    attachment('efl_Xlsx0001', 'Größenverteilung (Rohdaten).xlsx', await xlsx('Größen', SIZES, date)),
    attachment('efl_Csv00001', 'β-Galaktosidase Kinetik.csv', plateReaderCsv(86, 21)),
    attachment('efl_Csv00002', 'Messung.csv', csv(SIZES)),
    attachment('efl_Csv00003', 'messung.csv', csv([SIZES[0], SIZES[1]])),
    attachment(
      'efl_Fasta001',
      'lacZ_variants.fasta',
      fasta([
        { id: 'lacZ_WT', about: 'beta-galactosidase, wild type', sequence: bases(1, 3_075) },
        { id: 'lacZ_E537Q', about: 'nucleophile mutant', sequence: bases(2, 3_075) },
      ]),
    ),
    attachment('efl_Tiff0001', '細胞 20x DAPI.tif', () =>
      tiff(cellField({ seed: 86, width: 320, height: 256, cells: 38, radius: 12 })),
    ),
  ]
  const [table, kinetics, ...others] = files.map((file) => fileNote(file.id))
  return {
    id: GALACTOSIDASE_ID,
    displayId: 'EXP25000086',
    name: 'Größenverteilung β-Galaktosidase',
    createdAt: CREATED,
    author: SOREN,
    schema: { id: 'ts_Gr0essen', name: 'Größenverteilung' },
    fields: {
      Projekt: textField('Enzymkinetik'),
      Proben: linkField('entity_link', ['bfi_QB27431x', 'bfi_HEK293Tx'], 'QB-2743.1, HEK293T clone 7'),
      'Vorheriges Experiment': linkField('entry_link', TITRATION_ID, 'EXP25000088'),
      'Temperatur (°C)': numberField('float', 25),
      Filtriert: booleanField(true),
      Bemerkung: textField(null),
    },
    days: [
      {
        date: '2025-10-21',
        title: 'Probenvorbereitung',
        notes: [
          textNote('Lysate von pLacZ-β-Gal, Messung mit Søren Ångström; Fortsetzung von EXP25000088.', [
            sequence,
            person,
            titration,
          ]),
          { type: 'list_number', indentation: 0, text: 'Zellen 10 min bei 4 °C zentrifugieren', links: [] },
          { type: 'list_number', indentation: 0, text: 'Überstand durch 0,22 µm filtrieren', links: [] },
          { type: 'list_checkbox', indentation: 0, text: 'Küvetten gereinigt', links: [], checked: true },
          {
            type: 'table',
            indentation: 0,
            text: 'Herkunft der Proben',
            links: [],
            table: {
              name: 'Proben',
              columnLabels: ['Ansatz', 'Zelllinie', 'Stock', 'Protokoll'],
              rows: [
                {
                  cells: [
                    { text: 'WT' },
                    { text: 'HEK293T clone 7', link: clone },
                    { text: 'β-Gal stock, freezer 3', link: stock },
                    { text: 'protocols.io', link: { type: 'link', webURL: 'https://protocols.example/dls' } },
                  ],
                },
                {
                  cells: [
                    { text: 'ΔlacY' },
                    { text: 'EXP25000088', link: titration },
                    { text: '' },
                    { text: '' },
                  ],
                },
              ],
            },
          },
        ],
      },
      {
        date: '2025-10-22',
        title: 'Messung',
        notes: [
          textNote('Dynamische Lichtstreuung, je drei Läufe.'),
          {
            type: 'table',
            indentation: 0,
            text: '',
            links: [],
            table: {
              name: 'Größenverteilung',
              columnLabels: [null, 'd₅₀ (nm)', 'PDI', null],
              rows: SIZES.slice(1).map((row) => ({ cells: row.map((cell) => ({ text: String(cell) })) })),
            },
          },
          { type: 'code', indentation: 0, text: 'fit = cumulant(order=2)', links: [] },
          table!,
          kinetics!,
          ...others,
        ],
      },
    ],
    attachments: files,
  }
}
