import fc from 'fast-check'
import { describe, expect, test, vi } from 'vitest'
import { Fault } from '../../src/base/fault.ts'
import type { Json, JsonObject } from '../../src/base/json.ts'
import { type Entry, entrySchema } from '../../src/benchling/entry.ts'
import { renderEntryData } from '../../src/packaging/documents/entry-data.ts'
import { METADATA_BYTES } from '../../src/packaging/documents/entry-metadata.ts'
import { renderDocuments } from '../../src/packaging/documents/render.ts'
import { notebookTables } from '../../src/packaging/entry-tables.ts'
import { parseWorkflowConfig } from '../../src/registry/workflow-config.ts'
import { documentsInput, everything } from '../packaging/entries.ts'
import { anyPoint, soundPoint } from '../support/any-point.ts'
import { runs } from './runs.ts'

const render = (entry: Entry) => renderDocuments(documentsInput(entry))

const bytesOf = (entry: Entry): string[] => {
  const { meta, documents } = render(entry)
  return [JSON.stringify(meta), ...documents.map(({ key, bytes }) => `${key}\n${bytes.toString()}`)]
}

/** The same value with the members of every object in another order. */
const shuffled = (value: Json, next: () => number): Json => {
  if (Array.isArray(value)) return value.map((item) => shuffled(item, next))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value)
      .map(([key, inner]) => ({ key, inner: shuffled(inner, next), at: next() }))
      .sort((a, b) => a.at - b.at)
      .map(({ key, inner }) => [key, inner]),
  )
}

const anyJson = fc.oneof(
  fc.jsonValue({ maxDepth: 3 }),
  fc.string({ unit: anyPoint, maxLength: 30 }),
  fc.constantFrom(1e308, 1e-7, -0, 2 ** 53, 0.1, '\u007f', '\ud800', 'x'.repeat(20_000), [], {}),
) as fc.Arbitrary<Json>

const FIELD_TYPES = ['text', 'dropdown', 'entity_link', 'date', 'float', 'integer', 'boolean', 'unheard_of']
const field = fc.record(
  {
    type: fc.constantFrom(...FIELD_TYPES),
    isMulti: fc.boolean(),
    value: anyJson,
    displayValue: fc.option(fc.string({ unit: anyPoint })),
    textValue: fc.option(fc.string({ unit: soundPoint })),
  },
  { requiredKeys: [] },
)

/** The sample with everything in it, and anything beside or instead. */
const entry = fc
  .record(
    {
      name: fc.string({ unit: anyPoint }),
      displayId: fc.string({ unit: soundPoint, minLength: 1 }),
      webURL: fc.oneof(fc.webUrl(), fc.string(), fc.constantFrom('javascript:alert(1)', '', 'https://')),
      createdAt: fc.string(),
      fields: fc.dictionary(fc.string({ maxLength: 8 }), field, { maxKeys: 5 }),
      schema: fc.option(fc.record({ id: fc.string(), name: fc.option(fc.string()) })),
      authors: fc.option(
        fc.array(fc.record({ id: fc.string(), name: fc.string(), handle: fc.option(fc.string()) }), {
          maxLength: 3,
        }),
      ),
      customFields: fc.dictionary(fc.string({ maxLength: 5 }), anyJson, { maxKeys: 3 }),
      unheardOf: anyJson,
      reviewRecord: anyJson,
    },
    { requiredKeys: [] },
  )
  .map((more) => entrySchema.parse({ ...everything(), ...more }))

describe('the documents of an entry', () => {
  test('are the same bytes each time, and in whatever order the API answers', () => {
    fc.assert(
      fc.property(entry, fc.infiniteStream(fc.nat()), (one, stream) => {
        const bytes = bytesOf(one)
        const other = entrySchema.parse(shuffled(JSON.parse(JSON.stringify(one)), () => stream.next().value))
        const again = entrySchema.parse(JSON.parse(JSON.stringify(one)))
        expect(bytesOf(again)).toEqual(bytes)
        expect(renderEntryData(other).equals(renderEntryData(one))).toBe(true)
      }),
      runs(80),
    )
  })

  test('are valid JSON that UTF-8 can hold, within the bounds of a manifest', () => {
    fc.assert(
      fc.property(entry, (one) => {
        const { meta, documents } = render(one)
        expect(Buffer.byteLength(JSON.stringify(meta))).toBeLessThanOrEqual(METADATA_BYTES)
        for (const { key, bytes } of documents) {
          const text = bytes.toString()
          expect(Buffer.from(text).equals(bytes) && text.isWellFormed()).toBe(true)
          if (key.endsWith('.json')) expect(typeof (JSON.parse(text) as JsonObject)).toBe('object')
        }
        for (const table of notebookTables(one))
          expect(table.rows.every((row) => row.length === table.labels.length)).toBe(true)
      }),
      runs(80),
    )
  })
})

test('any text in .quilt/workflows/config.yml is a configuration or a fault that names it', () => {
  const good =
    'version: "1"\nis_workflow_required: true\ndefault_workflow: a\nworkflows:\n  a:\n    name: A\n    metadata_schema: s\nschemas:\n  s:\n    url: s3://b/s.json\n'
  const bit = fc.constantFrom(
    'version',
    ': ',
    '\n',
    '  ',
    '"1"',
    '1.1.0',
    '- ',
    '&a ',
    '*a',
    '{',
    '}',
    '[',
    '!!js/x ',
    '<<: *a',
    '|',
    '\t',
    'workflows',
    'null',
    '\u0000',
    '%YAML 9',
  )
  const text = fc.oneof(
    fc.array(bit, { maxLength: 12 }).map((parts) => parts.join('')),
    fc
      .tuple(fc.nat(good.length), fc.nat(20), fc.array(bit, { maxLength: 2 }))
      .map(([at, drop, parts]) => good.slice(0, at) + parts.join('') + good.slice(at + drop)),
    fc.string({ unit: anyPoint }),
  )
  const seen = { good: 0, bad: 0 }
  using _quiet = vi.spyOn(process, 'emitWarning').mockImplementation(() => {})
  fc.assert(
    fc.property(text, (yaml) => {
      try {
        expect(Object.keys(parseWorkflowConfig(Buffer.from(yaml)).workflows).length).toBeGreaterThan(0)
        seen.good++
      } catch (thrown) {
        if (!(thrown instanceof Fault)) throw thrown
        expect(thrown.code).toBe('workflow.config_invalid')
        seen.bad++
      }
    }),
    runs(200),
  )
  expect(Math.min(seen.good, seen.bad)).toBeGreaterThan(0)
})

test('a workflow configuration that would unfold to billions is refused at once', () => {
  const levels = Array.from(
    { length: 30 },
    (_, i) => `a${i + 1}: &a${i + 1} [${Array(9).fill(`*a${i}`).join(', ')}]`,
  )
  const begun = performance.now()
  expect(() => parseWorkflowConfig(Buffer.from(['a0: &a0 [x]', ...levels].join('\n')))).toThrow(
    expect.objectContaining({ code: 'workflow.config_invalid' }),
  )
  expect(performance.now() - begun).toBeLessThan(3_000)
})
