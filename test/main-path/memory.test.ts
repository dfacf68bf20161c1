import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { systemClock } from '../../src/base/clock.ts'
import { createFolderStore } from '../../src/local/folder-store.ts'
import { createRegistry } from '../../src/registry/registry.ts'
import { verifyRevision } from '../../src/registry/verify-revision.ts'
import { generatedSource } from '../../src/simulator/archive/byte-source.ts'
import { startTenant } from '../../src/simulator/tenant.ts'
import { entrySeed, file } from './support/seeds.ts'
import { ServeChild } from './support/serve-child.ts'

const MIB = 2 ** 20
const SMALL = 'etr_Small001'
const LARGE = 'etr_Large001'
const LARGE_BYTES = 300 * MIB
/** What packaging the large entry may cost above the small one: the budget, buffers of sockets, and garbage not yet collected. */
const ALLOWED = 120 * MIB

/** Loaded before the program: says at its end how much memory the process ever held, in kB. */
const REPORT = `data:text/javascript,${encodeURIComponent(
  "process.on('exit', () => console.error('maxRSS', process.resourceUsage().maxRSS))",
)}`

/** The most memory that a service of its own process ever held while it packaged an entry. */
const peakWhilePackaging = async (id: string, dir: string): Promise<number> => {
  const large = { ...file('sequences.bin', ''), content: generatedSource(3, LARGE_BYTES) }
  const tenant = await startTenant({
    page: false,
    exportMs: 1,
    entries: [entrySeed(SMALL, [file('a.csv', 'a')]), entrySeed(LARGE, [large])],
  })
  const env = { MEMORY_BUDGET_BYTES: '32MiB', EXPORT_MAX_BUFFER_BYTES: '16MiB', LOG_LEVEL: 'info' }
  await using serve = await ServeChild.start(tenant, dir, { env, node: ['--import', REPORT] })
  const packaged = new Promise<void>((resolve) => {
    tenant.events.on('activity', (event) => {
      if (event.kind === 'canvas' && JSON.stringify(event.canvas.blocks).includes('Packaged')) resolve()
    })
  })
  await tenant.insertCanvas(id)
  await packaged
  expect(await serve.kill('SIGTERM')).toEqual({ code: 0, signal: null })
  await tenant.close()
  const kilobytes = /maxRSS (\d+)/.exec(serve.output)?.[1]
  expect(kilobytes).toBeDefined()
  return Number(kilobytes) * 1024
}

test('An entry of 300 MB costs little more memory than a small one, and every hash of it is right', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'main-path-memory-'))
  try {
    const [small, large] = [
      await peakWhilePackaging(SMALL, join(dir, 'small')),
      await peakWhilePackaging(LARGE, join(dir, 'large')),
    ]
    expect(large - small).toBeLessThan(ALLOWED)

    const { signal } = new AbortController()
    const registry = createRegistry(createFolderStore(join(dir, 'large/registry')), systemClock, {
      workflow: null,
    })
    const [name] = await registry.packages(signal)
    const revision = await registry.current(name!, signal)
    const { bytes } = await verifyRevision(registry, revision!, signal)
    expect(bytes).toBeGreaterThan(LARGE_BYTES)
  } finally {
    await rm(dir, { recursive: true })
  }
}, 60_000)
