import { describe, expect, it } from 'vitest'
import type { Json } from '../../src/base/json.ts'
import { allReferences, noteLinks, type Reference, slugOf } from '../../src/packaging/entry-links.ts'
import { linkNames, NAMES_ASKED } from '../../src/packaging/link-names.ts'
import type { PackageName, TopHash } from '../../src/quilt/types.ts'
import type { Revision } from '../../src/registry/ports.ts'
import { bare, everything } from './entries.ts'
import { FakeBenchling, inMemory } from './fake-benchling.ts'

const { signal } = new AbortController()
const entity = (id: string, webUrl: string | null = null): Reference => ({
  id,
  type: 'custom_entity',
  webUrl,
  source: 'note_link',
})

const revisionWith = (links: Json): Revision => ({
  name: 'benchling/EXP1' as PackageName,
  topHash: '0'.repeat(64) as TopHash,
  header: { version: 'v0', message: null, user_meta: { links } },
  entries: [],
})

const resolve = async (
  references: readonly Reference[],
  given: Record<string, string>,
  current: Revision | null = null,
) => {
  const benchling = new FakeBenchling(bare(), inMemory(Buffer.alloc(0)))
  for (const [id, name] of Object.entries(given)) benchling.names.set(id, name)
  const names = await linkNames(references, current, benchling.port(), signal)
  return { names: Object.fromEntries(names), asked: benchling.asked }
}

describe('names of linked objects', () => {
  it('are asked for once each, and not for web addresses', async () => {
    const { names, asked } = await resolve(allReferences(everything()), { etr_Prev: 'Culture' })
    expect(names).toEqual({ bfi_Strain1: null, etr_Prev: 'Culture', loc_Freezer: null, seq_pUC19: null })
    expect(asked).toEqual([
      'name custom_entity bfi_Strain1',
      'name entry etr_Prev',
      'name location loc_Freezer',
      'name dna_sequence seq_pUC19',
    ])
  })

  it('keep their last known value when Benchling gives none now', async () => {
    const current = revisionWith([
      { id: 'bfi_1', name: 'Old one' },
      { id: 'bfi_2', name: 'Old two' },
      { id: null, name: null },
    ])
    const { names } = await resolve([entity('bfi_1'), entity('bfi_2')], { bfi_2: 'New two' }, current)
    expect(names).toEqual({ bfi_1: 'Old one', bfi_2: 'New two' })
  })

  it('are read from no metadata that is not ours', async () => {
    for (const odd of ['text', [1, null], { id: 'bfi_1' }])
      expect((await resolve([entity('bfi_1')], {}, revisionWith(odd))).names).toEqual({ bfi_1: null })
  })

  it('are asked for up to a limit, unknown ones first', async () => {
    const references = Array.from({ length: NAMES_ASKED + 2 }, (_, n) => entity(`bfi_${n}`))
    const current = revisionWith([{ id: 'bfi_0', name: 'Known' }])
    const { names, asked } = await resolve(references, {}, current)
    expect(asked).toHaveLength(NAMES_ASKED)
    expect(asked).not.toContain('name custom_entity bfi_0')
    expect(names).toMatchObject({ bfi_0: 'Known', [`bfi_${NAMES_ASKED + 1}`]: null })
  })
})

describe('links of an entry', () => {
  it('are kept when they have neither id nor address, because nothing tells them apart', () => {
    const links = [
      { type: 'user' },
      { type: 'user' },
      { type: 'link', webURL: 'x' },
      { type: 'link', webURL: 'x' },
    ]
    expect(noteLinks(bare({ days: [{ notes: [{ type: 'text', links }] }] }))).toHaveLength(3)
  })

  it.each([
    ['bfi_xCU', 'https://acme.benchling.com/lab/bfi-xCU-sbn000/edit', 'sbn000'],
    ['bfi_Yt', 'https://acme.benchling.com/lab/bfi_Yt-batch-test/edit?a=bfi_Yt-no#bfi_Yt-no', 'batch-test'],
    ['bfi_Yt', 'https://acme.benchling.com/lab/bfi_Yt/edit', null],
    ['bfi_Yt', 'https://acme.benchling.com/lab/bfi_Yt-/edit', null],
    ['bfi_Yt', null, null],
  ])('%s at %s has the slug %s', (id, url, slug) => {
    expect(slugOf(entity(id, url))).toBe(slug)
  })
})
