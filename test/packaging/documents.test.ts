import { existsSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import type { JsonObject } from '../../src/base/json.ts'
import type { Entry } from '../../src/benchling/entry.ts'
import { renderEntryData } from '../../src/packaging/documents/entry-data.ts'
import { METADATA_BYTES } from '../../src/packaging/documents/entry-metadata.ts'
import { type DocumentsInput, renderDocuments } from '../../src/packaging/documents/render.ts'
import type { LogicalKey } from '../../src/quilt/types.ts'
import { bare, CAPTURED, captured, documentsInput, everything } from './entries.ts'

const key = (path: string) => path as LogicalKey
const file = (path: string, size = 1) => ({ key: key(path), size })

const render = (entry: Entry, more: Partial<DocumentsInput> = {}) => {
  const { meta, documents } = renderDocuments(documentsInput(entry, more))
  const text = new Map(documents.map(({ key, bytes }) => [key as string, bytes.toString()]))
  return {
    meta: meta as Record<string, JsonObject>,
    text,
    json: (path: string) => JSON.parse(text.get(path)!),
  }
}

describe('entry.json', () => {
  it('is the metadata of the package, with the keys of the known system first', () => {
    const names = new Map([
      ['bfi_Strain1', 'MG1655'],
      ['etr_Prev', 'Overnight culture'],
    ])
    const { meta, json } = render(everything(), { linkNames: names })
    expect(json('entry.json')).toEqual(meta)
    expect(meta).toEqual({
      package_name: 'benchling/EXP1',
      entry_id: 'etr_Every1',
      display_id: 'EXP26000042',
      name: 'Growth of *E. coli* <K-12> at 37 °C',
      web_url: 'https://acme.benchling.com/lab/f/lib_1-growth/etr_Every1-growth/edit',
      creator: 'Ann Lee <alee@ent_1>',
      authors: ['Ann Lee <alee@ent_1>', 'Björn Müller <bmuller@ent_2>'],
      created_at: '2026-01-02T03:04:05.000000+00:00',
      modified_at: '2026-01-03T03:04:05.678901+00:00',
      benchling_base_url: 'https://acme.benchling.com',
      files: { 'a.pdf': { size: 1234 } },
      file_count: 1,
      links: [
        { type: 'custom_entity', id: 'bfi_Strain1', name: 'MG1655', slug: 'mg1655' },
        { type: 'link', id: null, name: null, slug: null },
        { type: 'entry', id: 'etr_Prev', name: 'Overnight culture', slug: 'overnight-culture' },
        { type: 'location', id: 'loc_Freezer', name: null, slug: null },
        { type: 'dna_sequence', id: 'seq_pUC19', name: null, slug: 'puc19' },
      ],
      link_names: ['MG1655', 'Overnight culture'],
      schema: { id: 'ts_1', name: 'Fermentation' },
      fields: {
        media: ['LB', 'M9'],
        od600_final: 1.25,
        passed: true,
        replicates: 3,
        sample_name: 'with underscore',
        sample_name_2: 'with space',
        settings: '{"rpm":200,"vent":false}',
        start_date: '2026-01-02',
        strain: 'MG1655',
        tiny_rate: '0.00002',
      },
      experiment_id: 'EXP26000042',
    })
  })

  it('keeps our own key when the configured metadata key has its name', () => {
    expect(render(bare(), { pkgKey: 'entry_id' }).meta.entry_id).toBe('etr_Bare1')
  })

  it('holds no delivery, clock or signed address, and neither does any other document', () => {
    const { text } = render(everything())
    for (const document of text.values())
      expect(document).not.toMatch(
        /webhook_data|"canvas_id"|export_timestamp|processing_timestamp|export_url|expiresAt|X-Amz|downloadURL/,
      )
  })

  it('replaces text that UTF-8 cannot hold', () => {
    const { meta, text } = render(bare({ name: 'broken \ud800 text\u007f' }))
    expect(meta.name).toBe('broken \ufffd text\ufffd')
    expect(JSON.parse(text.get('entry_data.json')!).name).toBe('broken \ufffd text\u007f')
  })

  it('points to files.json when there are 50,000 files', () => {
    const files = Array.from({ length: 50_000 }, (_, n) => file(`images/plate-${n}.tiff`, n))
    const { meta, text, json } = render(everything(), { files })
    expect(meta).toMatchObject({ files: {}, file_count: 50_000, files_document: 'files.json' })
    expect(Object.keys(json('files.json').files)).toHaveLength(50_000)
    expect(json('files.json')).toMatchObject({ file_count: 50_000, total_bytes: (50_000 * 49_999) / 2 })
    expect(text.get('README.md')).toContain('and 49800 more')
    expect(Buffer.byteLength(text.get('README.md')!)).toBeLessThan(50_000)
  })

  it('points to files.json when few files have very long names', () => {
    const files = Array.from({ length: 400 }, (_, n) => file(`${n}-${'ü'.repeat(500)}`))
    expect(render(bare(), { files }).meta).toMatchObject({ files: {}, files_document: 'files.json' })
  })

  it('stays under its limit with everything huge at once, and says what it left out', () => {
    const many = <T>(count: number, one: (n: number) => T) => Array.from({ length: count }, (_, n) => one(n))
    const long = 'é'.repeat(200_000)
    const entry = bare({
      name: long,
      displayId: long,
      webURL: `https://acme.benchling.com/${long}`,
      creator: { id: 'ent_1', handle: long, name: long },
      authors: many(5_000, (n) => ({ id: `ent_${n}`, handle: `h${n}`, name: `Person ${n}` })),
      schema: { id: 'ts_1', name: long },
      fields: Object.fromEntries(
        many(1_500, (n) => [
          `Field ${n} ${'x'.repeat(n % 150)}`,
          {
            type: 'text',
            value: n % 100 === 0 ? long : many(n % 600, (m) => `${m}`),
            isMulti: n % 100 !== 0,
          },
        ]),
      ),
      days: [
        {
          notes: [
            {
              type: 'text',
              links: many(5_000, (n) => ({
                type: 'custom_entity',
                id: `bfi_${n}`,
                webURL: `https://acme.benchling.com/bfi_${n}-${'slug'.repeat(n % 300)}/edit`,
              })),
            },
          ],
        },
      ],
    })
    const linkNames = new Map(many(5_000, (n) => [`bfi_${n}`, `${n} ${'name '.repeat(n % 200)}`]))
    const files = many(999, (n) => file(`${n}-${'y'.repeat(120)}`))
    const { meta, text } = render(entry, { files, linkNames })
    expect(Buffer.byteLength(text.get('entry.json')!)).toBeLessThan(METADATA_BYTES)
    expect(Buffer.byteLength(text.get('entry.json')!)).toBeGreaterThan(METADATA_BYTES / 2)
    expect(meta).toMatchObject({
      file_count: 999,
      authors_left_out: expect.any(Number),
      links_left_out: expect.any(Number),
      fields_cut: expect.any(Number),
      fields_left_out: expect.any(Number),
    })
    expect(Object.keys(meta.files!)).toHaveLength(999)
    expect(text.get('entry_data.json')).toContain(long)
  })
})

describe('entry_data.json', () => {
  it('is the entry of the API with four snake_case copies', () => {
    const { json } = render(everything())
    expect(json('entry_data.json')).toMatchObject({
      displayId: 'EXP26000042',
      display_id: 'EXP26000042',
      web_url: everything().webURL,
      created_at: everything().createdAt,
      modified_at: everything().modifiedAt,
      days: [{ notes: [{ type: 'text' }, { table: { name: 'OD / time' } }, {}, {}, {}, {}, {}, {}, {}] }],
    })
  })

  it('is the same when the API answers in another order or with another expiry', () => {
    const entry = everything()
    const again = JSON.parse(JSON.stringify(entry), (_, value) =>
      value && typeof value === 'object' && !Array.isArray(value)
        ? Object.fromEntries(Object.entries(value).reverse())
        : value === '2026-01-05T00:00:00+00:00'
          ? '2026-02-02T00:00:00+00:00'
          : value,
    )
    expect(renderEntryData(again).equals(renderEntryData(entry))).toBe(true)
  })

  it('differs when a word in the notebook does', () => {
    const entry = everything()
    entry.days![0]!.notes![0]!.text += ' '
    expect(renderEntryData(entry).equals(renderEntryData(everything()))).toBe(false)
  })

  it('keeps a field that only looks like an address of a snapshot', () => {
    const fields = { expiresAt: { type: 'date', value: '2026-09-09' } }
    expect(renderEntryData(bare({ fields })).toString()).toContain('2026-09-09')
  })
})

describe('links.json', () => {
  it('has links of text and table cells, entities of links and fields, and results tables once', () => {
    const { json } = render(everything())
    expect(json('links.json')).toEqual({
      schema_version: 2,
      entities: [
        {
          id: 'bfi_Strain1',
          type: 'custom_entity',
          web_url: 'https://acme.benchling.com/lab/f/lib_1/bfi_Strain1-mg1655/edit',
          source: 'note_link',
        },
        {
          id: 'seq_pUC19',
          type: 'dna_sequence',
          web_url: 'https://acme.benchling.com/lab/f/lib_1/seq_pUC19-puc19/edit',
          source: 'note_link',
        },
      ],
      links: [
        expect.objectContaining({ id: 'bfi_Strain1' }),
        { id: null, type: 'link', web_url: 'https://example.org/protocol?step=2' },
        expect.objectContaining({ id: 'etr_Prev' }),
        { id: 'loc_Freezer', type: 'location', web_url: null },
        expect.objectContaining({ id: 'seq_pUC19' }),
      ],
      results_tables: [{ assay_result_schema_id: 'assaysch_1', api_id: 'tbl_1', name: 'Yields' }],
    })
  })

  it('has the same keys with empty lists for an entry without links', () => {
    const empty = { schema_version: 2, entities: [], links: [], results_tables: [] }
    expect(render(bare()).json('links.json')).toEqual(empty)
  })

  it('finds what only a field names, by the kind its id tells', () => {
    const fields = { Parent: { type: 'entity_link', value: ['bfi_A', 'seq_B'], isMulti: true } }
    expect(render(bare({ fields })).json('links.json').entities).toEqual([
      { id: 'bfi_A', type: 'custom_entity', web_url: null, source: 'entity_field' },
      { id: 'seq_B', type: 'dna_sequence', web_url: null, source: 'entity_field' },
    ])
  })
})

describe('the other documents', () => {
  it('input.json names the source and nothing of the delivery', () => {
    expect(render(bare(), { exported: 7 }).json('input.json')).toEqual({
      source: 'benchling_webhook',
      package_metadata: { name: 'benchling/EXP1', registry: 'my-bucket', total_files: 7 },
    })
  })

  it('names.json exists when a name was changed, files.json when files are many', () => {
    const renamed = [{ key: key('a_b'), original: 'a\\b', reason: 'unsafe' as const }]
    expect([...render(bare()).text.keys()]).toEqual([
      'entry.json',
      'entry_data.json',
      'links.json',
      'input.json',
      'README.md',
    ])
    expect(render(bare(), { renamed }).json('names.json')).toEqual({ schema_version: 1, renamed })
  })

  it('README.md tells what the package is without letting text become markup', () => {
    const table = { key: key('tables/OD.csv'), name: 'OD | [x](javascript:y)', rows: 3 }
    const { text } = render(everything(), {
      files: [file('run `1`.pdf', 7), file('tables/OD.csv'), file('attachments/p.png')],
      fetched: [file('attachments/p.png', 9)],
      missing: ['efl_Gone'],
      tables: [table],
    })
    const readme = text.get('README.md')!
    expect(readme.split('\n')[0]).toBe('# EXP26000042 - Growth of \\*E. coli\\* \\<K-12\\> at 37 °C')
    expect(readme.match(/^## .*$/gm)).toEqual([
      '## Overview',
      '## Entry Information',
      '## Export Information',
      '## Files Included',
      '## Tables',
      '## Attachments',
      '## Metadata Files',
      '## Usage',
    ])
    expect(readme).toContain('**[View in Benchling](<https://acme.benchling.com/lab/f/')
    expect(readme).toContain('- **Modified**: 2026-01-03T03:04:05.678901+00:00')
    expect(readme).toContain('- ``  run `1`.pdf  `` (7 bytes)'.replaceAll('  ', ' '))
    expect(readme).toContain('- `tables/OD.csv`: OD \\| \\[x\\](javascript:y), 3 rows')
    expect(readme).toContain('- `attachments/p.png` (9 bytes)')
    expect(readme).toContain('`efl_Gone`')
    expect(readme).toContain('quilt3.Package.browse("benchling/EXP1", registry="s3://my-bucket")')
  })

  it('README.md does not link to anything but the web', () => {
    const readme = render(bare({ webURL: 'javascript:alert(1)' })).text.get('README.md')!
    expect(readme).not.toContain('](<javascript')
  })

  it('are byte for byte the same for the same entry and files', () => {
    const once = [...render(everything()).text]
    expect([...render(structuredClone(everything())).text]).toEqual(once)
  })
})

describe.runIf(existsSync(CAPTURED))('an entry captured from a real tenant', () => {
  it('has its fields as one flat object', () => {
    const { meta } = render(captured())
    expect(meta.fields).toEqual({
      project: 'CanvasTest',
      quilt_catalog_url: 'https://demo.quiltdata.com/b/quilt-benchling/packages/benchling/EXP25000007',
      quilt_revise_url:
        'https://demo.quiltdata.com/b/quilt-benchling/packages/benchling/EXP25000007?action=revisePackage',
      quilt_uri: 'quilt+s3://quilt-benchling#package=benchling/EXP25000007',
      sentinel: -1,
      study: 'Webhook',
    })
    expect(meta.creator).toBe('Jane Doe <jdoe@ent_9CIv9U8P>')
  })
})
