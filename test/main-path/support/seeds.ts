import { bufferSource } from '../../../src/simulator/archive/byte-source.ts'
import {
  type Attachment,
  type EntrySeed,
  fileNote,
  numberField,
  textField,
  textNote,
} from '../../../src/simulator/entries/sample.ts'

export const file = (
  name: string,
  content: string | Uint8Array,
  more: { scanned?: boolean } = {},
): Attachment => ({
  id: `efl_${Buffer.from(name).toString('hex').slice(-24)}`,
  name,
  type: 'application/octet-stream',
  content: bufferSource(typeof content === 'string' ? Buffer.from(content) : content),
  scanned: more.scanned ?? true,
})

/** A small entry with a text, a field, a table and the given files. */
export const entrySeed = (
  id: string,
  files: readonly Attachment[] = [],
  more: Partial<EntrySeed> = {},
): EntrySeed => ({
  id,
  name: `Assay ${id}`,
  schema: { id: 'ts_Assay001', name: 'Assay' },
  fields: { Project: textField('Kinetics'), Replicates: numberField('integer', 3) },
  days: [
    {
      date: '2026-11-23',
      title: null,
      notes: [
        textNote('Weighed 20 mg.'),
        {
          type: 'table',
          indentation: 0,
          text: '',
          links: [],
          table: {
            name: 'Yields',
            columnLabels: ['well', 'mg'],
            rows: [{ cells: [{ text: 'A1' }, { text: '1.5' }] }],
          },
        },
        ...files.map(({ id }) => fileNote(id)),
      ],
    },
  ],
  attachments: files,
  ...more,
})
