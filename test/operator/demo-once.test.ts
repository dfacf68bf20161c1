import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { systemClock } from '../../src/base/clock.ts'
import { createFolderStore } from '../../src/local/folder-store.ts'
import { packageName } from '../../src/quilt/names.ts'
import type { TopHash } from '../../src/quilt/types.ts'
import { createRegistry } from '../../src/registry/registry.ts'
import { verifyRevision } from '../../src/registry/verify-revision.ts'
import { sampleEntries } from '../../src/simulator/samples/index.ts'
import { type Ran, run } from './support/cli.ts'

type Made = {
  readonly name: string
  readonly topHash: TopHash
  readonly files: number
  readonly bytes: number
}

/** The main job once, allowed to write to DATA_DIR and the registry and nowhere else, without a temporary folder. */
describe('demo --once --json with Node’s permission model', () => {
  let dir = ''
  let ran: Ran

  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'demo-once-'))
    for (const name of ['data', 'registry']) await mkdir(join(dir, name))
    const node = [
      '--permission',
      '--allow-fs-read=*',
      `--allow-fs-write=${join(dir, 'data')}`,
      `--allow-fs-write=${join(dir, 'registry')}`,
    ]
    const env = { DATA_DIR: join(dir, 'data'), TMPDIR: '/nonexistent' }
    const args = [
      'demo',
      '--once',
      '--json',
      '--registry',
      join(dir, 'registry'),
      '--port',
      '0',
      '--page-port',
      '0',
    ]
    ran = await run(args, { node, env })
  }, 60_000)

  afterAll(() => rm(dir, { recursive: true }))

  test('ends with 0 and prints one JSON document on standard output and nothing else there', async () => {
    expect([ran.code, ran.err]).toEqual([0, expect.any(String)])
    const document = JSON.parse(ran.out) as { registry: string; packages: Made[] }
    expect(document.registry).toBe(pathToFileURL(join(dir, 'registry')).href)
    expect(document.packages).toHaveLength((await sampleEntries()).length)
    for (const made of document.packages) {
      expect(Object.keys(made).toSorted()).toEqual(['bytes', 'files', 'name', 'seconds', 'topHash'])
    }
    expect(Math.max(...document.packages.map(({ files }) => files))).toBeGreaterThan(2_000)
  })

  test('says each step on standard error, without colour codes when that is no terminal', () => {
    expect(ran.err).toContain('offline demonstration')
    expect(ran.err).toMatch(/delivery .* v2\.entry\.created/)
    expect(ran.out + ran.err).not.toContain('\u001b')
  })

  test('made what it says: every package verifies', async () => {
    const { packages } = JSON.parse(ran.out) as { packages: Made[] }
    const { signal } = new AbortController()
    const registry = createRegistry(createFolderStore(join(dir, 'registry')), systemClock, { workflow: null })
    for (const { name, topHash, files, bytes } of packages) {
      const revision = await registry.revision(packageName(name), topHash, signal)
      expect(await verifyRevision(registry, revision, signal)).toEqual({ files, bytes })
      if (files > 2_000)
        expect(revision.header.user_meta).toMatchObject({ files: {}, files_document: 'files.json' })
    }
  })

  test('kept its records in DATA_DIR and wrote nothing else', async () => {
    expect(await readdir(join(dir, 'data'))).toEqual(['jobs.sqlite'])
    expect((await readdir(dir)).toSorted()).toEqual(['data', 'registry'])
  })
})
