import { describe, expect, it } from 'vitest'
import { logicalKey } from '../../src/quilt/names.ts'
import type { TopHash } from '../../src/quilt/types.ts'
import { createPackagerPublisher } from '../../src/registry/packager-publisher.ts'
import type { Draft, Once } from '../../src/registry/ports.ts'
import { createRegistry } from '../../src/registry/registry.ts'
import { inPlace } from '../../src/registry/reuse.ts'
import { FakeClock } from '../support/clock.ts'
import { MemoryPackager } from './memory-packager.ts'
import { MemoryStore } from './memory-store.ts'
import { body, draftOf, NAME, signal } from './support.ts'

type Files = Readonly<Record<string, string>>

/** A bucket, its registry as this road needs it, the publisher, and Quilt's packager behind its queue. */
const open = (its: { versioned?: boolean; workflow?: string | null; own?: readonly string[] } = {}) => {
  const store = new MemoryStore()
  const prefix = store.prefix(its.versioned)
  const packager = new MemoryPackager(store, prefix)
  const workflow = its.workflow ?? null
  const registry = createRegistry(store, new FakeClock(), { workflow, reuse: inPlace(prefix) })
  const publisher = createPackagerPublisher({
    store,
    prefix,
    queue: packager,
    workflow,
    own: async (revision) =>
      new Set(its.own ?? ['entry.json', ...Object.keys(revision.header.user_meta?.files ?? {})]),
  })
  /** Files of an export with their metadata, handed over by a run. */
  const draft = (files: Files, message = 'a message'): Promise<Draft> => {
    const meta = { files: Object.fromEntries(Object.keys(files).map((key) => [key, { size: 1 }])) }
    return draftOf(registry, { ...files, 'entry.json': JSON.stringify(meta) }, message, meta)
  }
  const put = (key: string, text: string) => store.write(`${NAME}/${key}`, Buffer.from(text), null, signal)
  const keys = async () =>
    (await Array.fromAsync(prefix.list(NAME, signal))).map(({ key }) => key.slice(NAME.length + 1)).sort()
  return { store, prefix, packager, registry, publisher, draft, put, keys }
}

describe('Publishing through the packager queue', () => {
  it('sends one message, in the form of the known system', async () => {
    const { packager, publisher, draft } = open()
    const published = await publisher.publish(
      await draft({ 'a.csv': 'one' }, 'Benchling v2.entry.created'),
      signal,
    )
    expect(published).toMatchObject({ status: 'handedOver', messageId: 'message-1', files: 2 })
    expect(Object.entries(packager.sent[0]!)).toEqual([
      ['source_prefix', 's3://memory/benchling/EXP1/'],
      ['registry', 'memory'],
      ['package_name', 'benchling/EXP1'],
      ['metadata_uri', 'entry.json'],
      ['commit_message', 'Benchling v2.entry.created'],
    ])
  })

  it('knows beforehand which top hash the revision will have', async () => {
    const { packager, publisher, registry, draft } = open()
    const { topHash } = await publisher.publish(await draft({ 'a.csv': 'one', 'd/b.csv': 'two' }), signal)
    expect(await packager.build()).toEqual([topHash])
    expect((await registry.current(NAME, signal))!.topHash).toBe(topHash)
  })

  it('names the workflow, and holds the draft against its rules before it asks', async () => {
    const { store, packager, publisher, draft } = open({ workflow: 'strict' })
    const rules = 'version: "1"\nworkflows:\n  strict:\n    name: Strict\n    handle_pattern: ^lab/\n'
    await store.write('.quilt/workflows/config.yml', Buffer.from(rules), null, signal)
    await expect(publisher.publish(await draft({ 'a.csv': 'one' }), signal)).rejects.toMatchObject({
      code: 'workflow.rejected',
    })
    expect(packager.sent).toEqual([])
    await store.write(
      '.quilt/workflows/config.yml',
      Buffer.from(rules.replace('^lab/', '^benchling/')),
      null,
      signal,
    )
    await publisher.publish(await draft({ 'a.csv': 'one' }), signal)
    expect(packager.sent[0]!.workflow).toBe('strict')
  })

  it('is refused where the bucket keeps no versions, before anything is exported and before anything is sent', async () => {
    const { packager, publisher, draft } = open({ versioned: false })
    const refused = { code: 'packager.unversioned_bucket' }
    await expect(publisher.ready(signal)).rejects.toMatchObject(refused)
    await expect(publisher.publish(await draft({ 'a.csv': 'one' }), signal)).rejects.toMatchObject(refused)
    expect(packager.sent).toEqual([])
  })

  it('is refused without the document that holds the metadata', async () => {
    const { publisher, registry } = open()
    const draft = await draftOf(registry, { 'a.csv': 'one' })
    await expect(publisher.publish(draft, signal)).rejects.toMatchObject({ code: 'internal' })
  })

  it('sends nothing when only the message differs, and says so when a file, or the metadata, does', async () => {
    const { packager, publisher, draft } = open()
    await publisher.publish(await draft({ 'a.csv': 'one' }, 'first'), signal)
    const [topHash] = await packager.build()
    const again = await publisher.publish(await draft({ 'a.csv': 'one' }, 'second'), signal)
    expect(again).toEqual({ status: 'unchanged', topHash, files: 2, bytes: expect.any(Number) })
    expect(packager.sent).toHaveLength(1)
    expect(await publisher.publish(await draft({ 'a.csv': 'two' }), signal)).toMatchObject({
      status: 'handedOver',
    })
    expect(await publisher.publish(await draft({ 'b.csv': 'one' }), signal)).toMatchObject({
      status: 'handedOver',
    })
  })

  it('is not unchanged when an object that the current revision names is gone for good', async () => {
    const { store, packager, publisher, registry, draft } = open()
    await publisher.publish(await draft({ 'a.csv': 'one' }, 'first'), signal)
    await packager.build()
    const { physicalKey } = (await registry.current(NAME, signal))!.entries[0]!
    await store.discard('', [physicalKey], new Set(), signal)
    expect(await publisher.publish(await draft({ 'a.csv': 'one' }), signal)).toMatchObject({
      status: 'handedOver',
    })
    await packager.build()
    const repaired = (await registry.current(NAME, signal))!
    for (const entry of repaired.entries) expect(await store.has(entry.physicalKey)).toBe(true)
  })

  it('says when it begins, and asks once for what a run goes on with after a crash', async () => {
    const { packager, publisher, draft } = open()
    const done = new Map<string, string>()
    const once: Once = async (name, work) => {
      if (!done.has(name)) done.set(name, await work())
      return done.get(name)!
    }
    const begun: TopHash[] = []
    const begin = async (topHash: TopHash) => {
      expect(packager.sent.length).toBe(done.size)
      begun.push(topHash)
    }
    const first = await publisher.publish(await draft({ 'a.csv': 'one' }), signal, begin, once)
    expect(begun).toEqual([first.topHash])
    expect(await publisher.publish(await draft({ 'a.csv': 'one' }), signal, begin, once)).toEqual(first)
    expect(packager.sent).toHaveLength(1)
    // The entry changed before the run went on: another content is another hand-over.
    await publisher.publish(await draft({ 'a.csv': 'two' }), signal, begin, once)
    expect(packager.sent).toHaveLength(2)
  })
})

describe('What lies under the prefix when the packager is asked', () => {
  it('is hidden when an earlier export had it: the next revision lacks it, the earlier one is whole', async () => {
    const { packager, publisher, registry, store, draft, keys } = open()
    await publisher.publish(await draft({ 'a.csv': 'one', 'gone.csv': 'two' }), signal)
    const [first] = await packager.build()
    await publisher.publish(await draft({ 'a.csv': 'one' }), signal)
    expect(await keys()).toEqual(['a.csv', 'entry.json'])
    await packager.build()
    const current = (await registry.current(NAME, signal))!
    expect(current.entries.map(({ logicalKey: key }) => key)).toEqual(['a.csv', 'entry.json'])
    const earlier = await registry.revision(NAME, first!, signal)
    for (const { physicalKey } of earlier.entries) expect(await store.has(physicalKey)).toBe(true)
  })

  it('is hidden when a run left it that never got published', async () => {
    const { packager, publisher, registry, draft, keys } = open()
    const place = { name: NAME, key: logicalKey('orphan.csv'), run: 'run-0' }
    await registry.store(place, body('left'), null, signal)
    const { topHash } = await publisher.publish(await draft({ 'a.csv': 'one' }), signal)
    expect(await keys()).toEqual(['a.csv', 'entry.json'])
    expect(await packager.build()).toEqual([topHash])
  })

  it('is hidden even when there is nothing new to publish', async () => {
    const { packager, publisher, registry, draft, keys } = open()
    await publisher.publish(await draft({ 'a.csv': 'one' }), signal)
    await packager.build()
    const place = { name: NAME, key: logicalKey('orphan.csv'), run: 'run-0' }
    await registry.store(place, body('left'), null, signal)
    expect((await publisher.publish(await draft({ 'a.csv': 'one' }), signal)).status).toBe('unchanged')
    expect(await keys()).toEqual(['a.csv', 'entry.json'])
  })

  it('stays when other people put it there, and is packaged', async () => {
    const { packager, publisher, registry, draft, put, keys } = open()
    await publisher.publish(await draft({ 'a.csv': 'one' }), signal)
    await packager.build()
    await put('notes/theirs.txt', 'by hand')
    const published = await publisher.publish(await draft({ 'a.csv': 'one' }, 'first'), signal)
    expect(published).toMatchObject({ status: 'handedOver', topHash: null, files: 3 })
    await packager.build()
    expect(await keys()).toEqual(['a.csv', 'entry.json', 'notes/theirs.txt'])

    // Known from now on: nothing new, and the top hash of what follows can be told.
    const again = await publisher.publish(await draft({ 'a.csv': 'one' }, 'second'), signal)
    expect(again.status).toBe('unchanged')
    const { topHash } = await publisher.publish(await draft({ 'a.csv': 'two' }), signal)
    expect(await packager.build()).toEqual([topHash])
    expect((await registry.current(NAME, signal))!.entries).toHaveLength(3)
  })

  it('stays when somebody overwrote a file of an earlier export with something of their own', async () => {
    const { packager, publisher, draft, put, keys } = open()
    await publisher.publish(await draft({ 'a.csv': 'one', 'b.csv': 'two' }), signal)
    await packager.build()
    await put('b.csv', 'kept by hand')
    await publisher.publish(await draft({ 'a.csv': 'one' }), signal)
    expect(await keys()).toEqual(['a.csv', 'b.csv', 'entry.json'])
  })

  it('stays when the current revision has it but does not list it as made from the entry', async () => {
    const { packager, publisher, draft, put, keys } = open({ own: ['entry.json'] })
    await put('by-hand.csv', 'x')
    await publisher.publish(await draft({ 'a.csv': 'one' }), signal)
    await packager.build()
    await publisher.publish(await draft({ 'b.csv': 'one' }), signal)
    expect(await keys()).toEqual(['b.csv', 'by-hand.csv', 'entry.json'])
  })

  it('is passed over when its key ends like a folder, as the packager does', async () => {
    const { publisher, draft, put } = open()
    await put('folder/', '')
    expect((await publisher.publish(await draft({ 'a.csv': 'one' }), signal)).topHash).not.toBeNull()
  })

  it.each([
    ['overwritten', (lab: ReturnType<typeof open>) => lab.put('a.csv', 'by somebody')],
    ['removed', (lab: ReturnType<typeof open>) => lab.prefix.hide(`${NAME}/a.csv`, signal)],
  ])('is refused when a file of ours was %s meanwhile, and repaired by storing it again', async (_, act) => {
    const lab = open()
    const { packager, publisher, registry, draft } = lab
    const its = await draft({ 'a.csv': 'one' })
    await act(lab)
    await expect(publisher.publish(its, signal)).rejects.toMatchObject({
      code: 'packager.prefix_changed',
      facts: { keys: ['a.csv'] },
    })
    expect(packager.sent).toEqual([])
    const { physicalKey } = its.entries.find((entry) => entry.logicalKey === 'a.csv')!
    expect(await registry.has(physicalKey, signal)).toBe(false)
    const { topHash } = await publisher.publish(await draft({ 'a.csv': 'one' }), signal)
    expect(await packager.build()).toEqual([topHash])
  })
})

describe('Stored content on this road', () => {
  const lab = async () => {
    const all = open()
    await all.publisher.publish(await all.draft({ 'a.csv': 'one' }), signal)
    await all.packager.build()
    const current = (await all.registry.current(NAME, signal))!
    const store = async (key: string) => {
      const place = { name: NAME, key: logicalKey(key), run: 'run-2' }
      return (await all.registry.store(place, body('one'), current, signal)).physicalKey
    }
    return { ...all, store, before: current.entries[0]!.physicalKey }
  }

  it('is used again where it lies', async () => {
    const { store, before } = await lab()
    expect(await store('a.csv')).toBe(before)
  })

  it('is not used for another key, which the packager would not find', async () => {
    const { store } = await lab()
    expect(await store('copy.csv')).toMatch(/\/copy\.csv\?/)
  })

  it('is not used when its version is no longer the latest', async () => {
    const { store, put, before } = await lab()
    await put('a.csv', 'other')
    expect(await store('a.csv')).not.toBe(before)
  })

  it('is not used when it lies elsewhere', async () => {
    const { registry } = await lab()
    expect(await registry.has('s3://elsewhere/a.csv?versionId=1', signal)).toBe(false)
    expect(await registry.has('s3://memory/benchling/EXP1/a.csv', signal)).toBe(false)
  })
})
