import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createFolderStore, type FolderStore } from '../../src/local/folder-store.ts'
import { fileUrl } from '../../src/quilt/physical-key.ts'
import type { Registry } from '../../src/registry/ports.ts'
import { createRegistry } from '../../src/registry/registry.ts'
import { verifyRevision } from '../../src/registry/verify-revision.ts'
import { draftOf, NAME, signal } from '../registry/support.ts'
import { FakeClock } from '../support/clock.ts'

describe('A registry in a folder', () => {
  let folder: string
  let store: FolderStore
  let registry: Registry
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'folder registry µ-'))
    store = createFolderStore(folder)
    registry = createRegistry(store, new FakeClock(), { workflow: null })
  })
  afterEach(async () => {
    await store.close()
    await rm(folder, { recursive: true })
  })
  const publish = async (files: Record<string, string>) => {
    const { topHash } = await registry.publish(await draftOf(registry, files), signal)
    return registry.revision(NAME, topHash, signal)
  }

  it('is, on disk, what quilt3 expects at file://', async () => {
    const { topHash, entries } = await publish({ 'data/ä b.csv': 'a,b\n1,2\n' })
    const quilt = join(folder, '.quilt')
    expect(await readFile(join(quilt, 'named_packages', NAME, 'latest'), 'utf8')).toBe(topHash)
    expect(await readFile(join(quilt, 'packages', topHash), 'utf8')).toContain(entries[0]!.physicalKey)
    expect(await readFile(fileURLToPath(entries[0]!.physicalKey), 'utf8')).toBe('a,b\n1,2\n')
    expect((await readdir(join(quilt, 'named_packages', NAME))).sort()).toEqual([
      expect.stringMatching(/^\d{10}$/),
      'latest',
    ])
  })

  it('verifies every revision after edits, and notices a file that was changed behind its back', async () => {
    const first = await publish({ a: 'one', b: 'same' })
    const second = await publish({ a: 'two', b: 'same' })
    expect(await verifyRevision(registry, first, signal)).toEqual({ files: 2, bytes: 7 })
    expect(await verifyRevision(registry, second, signal)).toEqual({ files: 2, bytes: 7 })
    expect(first.entries[1]!.physicalKey).toBe(second.entries[1]!.physicalKey)
    const path = fileURLToPath(first.entries[0]!.physicalKey)
    await rm(path)
    await expect(verifyRevision(registry, first, signal)).rejects.toMatchObject({ detail: 'a: missing.' })
    await writeFile(path, 'eno')
    await expect(verifyRevision(registry, first, signal)).rejects.toMatchObject({
      detail: 'a: content changed.',
    })
    expect(await verifyRevision(registry, second, signal)).toMatchObject({ files: 2 })
  })

  it('leans on no file that quilt3 put there by its name, because the next push overwrites it', async () => {
    const draft = await draftOf(registry, { a: 'one' })
    await store.write(`${NAME}/a`, Buffer.from('one'), null, signal)
    const pushed = draft.entries.map((entry) => ({
      ...entry,
      physicalKey: fileUrl(join(folder, NAME, 'a')),
    }))
    await registry.publish({ ...draft, entries: pushed, message: 'pushed by quilt3' }, signal)
    const ours = await publish({ a: 'one', b: 'two' })
    await store.write(`${NAME}/a`, Buffer.from('ten'), null, signal)
    expect(await verifyRevision(registry, ours, signal)).toEqual({ files: 2, bytes: 6 })
    const again = await registry.publish(await draftOf(registry, { a: 'one', b: 'two' }), signal)
    expect(again).toMatchObject({ status: 'unchanged', topHash: ours.topHash })
  })

  it('honours a workflow with schemas in the folder', async () => {
    const schema = fileUrl(join(folder, 'schemas/my schema.json'))
    await store.write('schemas/my schema.json', Buffer.from('{"required": ["x"]}'), null, signal)
    const config = `{version: "1", default_workflow: w, workflows: {w: {name: W, metadata_schema: s}}, schemas: {s: {url: ${JSON.stringify(schema)}}}}`
    await store.write('.quilt/workflows/config.yml', Buffer.from(config), null, signal)
    const draft = await draftOf(registry, { a: '1' })
    await expect(registry.publish(draft, signal)).rejects.toMatchObject({
      code: 'workflow.rejected',
      detail: "Metadata failed validation: 'x' is a required property.",
    })
    await registry.publish({ ...draft, meta: { x: 1 } }, signal)
    expect((await registry.current(NAME, signal))?.header.workflow).toEqual({
      id: 'w',
      config: `${store.url}/.quilt/workflows/config.yml`,
      schemas: { s: schema },
    })
  })
})
