import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createFolderStore } from '../../src/local/folder-store.ts'
import { packageName } from '../../src/quilt/names.ts'
import type { ObjectStore } from '../../src/registry/ports.ts'
import { createRegistry } from '../../src/registry/registry.ts'
import { verifyRevision } from '../../src/registry/verify-revision.ts'
import { type Emulator, startMoto, startVersitygw } from './emulators.ts'
import { publishFiles, steppingClock, type Written, writeHistory } from './history.ts'
import { type CheckedPackage, checkRegistry, problemsOf } from './quilt3.ts'
import { scratch } from './tools.ts'

const signal = new AbortController().signal

type Opened = { store: ObjectStore; env: Record<string, string>; close(): Promise<void> }

const folder = async (): Promise<Opened> => {
  const home = await scratch()
  const store = createFolderStore(`${home.path}/registry mit é`)
  return {
    store,
    env: {},
    close: async () => {
      await store.close()
      await home.remove()
    },
  }
}

const bucket = (start: () => Promise<Emulator>, versioned: boolean) => async (): Promise<Opened> => {
  const emulator = await start()
  return {
    store: await emulator.createBucket('lab-data', versioned),
    env: emulator.env,
    close: emulator.close,
  }
}

const REGISTRIES: [string, () => Promise<Opened>][] = [
  ['a folder', folder],
  ['a versioned bucket of moto', bucket(startMoto, true)],
  ['an unversioned bucket of moto', bucket(startMoto, false)],
  ['a versioned bucket of versitygw', bucket(startVersitygw, true)],
  ['an unversioned bucket of versitygw', bucket(startVersitygw, false)],
]

const WORKFLOWS = `version: "1"
default_workflow: notebook
workflows:
  notebook: {name: Notebook, is_message_required: true}
`

describe.each(REGISTRIES)('quilt3 reads what we wrote into %s', (_, open) => {
  let opened: Opened
  let written: Written[]
  let checked: CheckedPackage[]

  beforeAll(async () => {
    opened = await open()
    const clock = steppingClock()
    written = await writeHistory(createRegistry(opened.store, clock, { workflow: null }))
    await opened.store.write('.quilt/workflows/config.yml', Buffer.from(WORKFLOWS), null, signal)
    const governed = createRegistry(opened.store, clock, { workflow: null })
    written.push(
      await publishFiles(governed, 'benchling/GOVERNED', 'By the rules', {}, { a: Buffer.from('a') }),
    )
    checked = await checkRegistry(opened.store.url, opened.env)
  })
  afterAll(() => opened?.close())

  it('finds nothing wrong in any revision: hashes computed and rebuilt, files installed and verified', () => {
    expect(problemsOf(checked)).toEqual([])
  })

  it('lists every package and every revision, and no other', () => {
    const theirs = checked.flatMap(({ name, revisions }) =>
      revisions.filter((r) => r.pointer !== 'latest').map((r) => `${name} ${r.topHash}`),
    )
    expect(theirs.sort()).toEqual(written.map(({ name, topHash }) => `${name} ${topHash}`).sort())
    for (const { name, latest } of checked)
      expect(written.findLast((revision) => revision.name === name)?.topHash).toBe(latest)
  })

  it('sees the files, sizes, messages and workflow of each revision', () => {
    const theirs = new Map(checked.flatMap(({ revisions }) => revisions.map((r) => [r.topHash, r])))
    for (const { topHash, keys, bytes } of written) expect(theirs.get(topHash)).toMatchObject({ keys, bytes })
    const governed = checked.find(({ name }) => name === 'benchling/GOVERNED')!.revisions[0]!
    expect(governed.message).toBe('By the rules')
    expect(governed.workflow).toMatchObject({ id: 'notebook' })
  })

  it('and we read every revision ourselves, to the last byte', async () => {
    const registry = createRegistry(opened.store, steppingClock(), { workflow: null })
    for (const { name, topHash, keys, bytes } of written) {
      const revision = await registry.revision(packageName(name), topHash, signal)
      expect(await verifyRevision(registry, revision, signal)).toMatchObject({ files: keys.length, bytes })
    }
  })
})

describe('the check itself', () => {
  it('sees a changed byte, so that its silence means something', async () => {
    const opened = await folder()
    try {
      const registry = createRegistry(opened.store, steppingClock(), { workflow: null })
      const { topHash } = await publishFiles(registry, 'a/b', 'm', {}, { 'x.txt': Buffer.from('x') })
      const key = `.quilt/packages/${topHash}`
      const manifest = (await opened.store.read(key, signal))!.bytes.toString()
      const forged = manifest.replace('"m"', '"M"')
      expect(forged).not.toBe(manifest)
      await opened.store.write(key, Buffer.from(forged), null, signal)
      const problems = problemsOf(await checkRegistry(opened.store.url))
      expect(problems.join('\n')).toContain('quilt3 computes')
    } finally {
      await opened.close()
    }
  })
})
