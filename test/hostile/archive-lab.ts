import { createHash } from 'node:crypto'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { loadConfig } from '../../src/config/load-config.ts'
import type { ArchiveLimits } from '../../src/export/archive.ts'
import { openArchive } from '../../src/export/open-archive.ts'
import { createFolderStore } from '../../src/local/folder-store.ts'
import { discardEntry } from '../../src/packaging/discard-entry.ts'
import { RESERVED_KEYS } from '../../src/packaging/documents/document-keys.ts'
import { packageEntry } from '../../src/packaging/package-entry.ts'
import type { PackageName } from '../../src/quilt/types.ts'
import type { Registry } from '../../src/registry/ports.ts'
import { createRegistry } from '../../src/registry/registry.ts'
import { verifyRevision } from '../../src/registry/verify-revision.ts'
import { bare } from '../packaging/entries.ts'
import { onRegistry, World } from '../packaging/world.ts'
import { FakeClock } from '../support/clock.ts'
import { HttpDownload } from '../support/http-download.ts'
import { type ServerFaults, startRangeServer } from '../support/range-server.ts'

const { signal } = new AbortController()

/** The limits of a service that is configured with nothing but these. */
export const limitsOf = (settings: Readonly<Record<string, string>> = {}): ArchiveLimits =>
  loadConfig({
    BENCHLING_TENANT: 'acme',
    BENCHLING_CLIENT_ID: 'client',
    BENCHLING_CLIENT_SECRET: 'secret',
    BENCHLING_APP_DEFINITION_ID: 'appdef_A1',
    QUILT_REGISTRY: 's3://lab-data',
    DATA_DIR: '/data',
    ...settings,
  }).exports

export type Packaged = { readonly key: string; readonly size: number; readonly sha256: string }

/** What became of an export. */
export type End = {
  readonly fault: unknown
  /** Files of the package that came out of the archive, verified; empty when nothing was published. */
  readonly files: readonly Packaged[]
  /** Bytes of the member read last that left the reader, and how many it declared: none may give more. */
  readonly mostOverDeclared: number
  /** Bytes of the memory budget that were not given back. */
  readonly notGivenBack: number
}

/** A tenant whose exports are archives on a real server, and a folder registry that is used for all of them. */
export class ArchiveLab implements AsyncDisposable {
  readonly #folder: string
  readonly #store: ReturnType<typeof createFolderStore>
  readonly registry: Registry
  #entries = 0

  private constructor(folder: string) {
    this.#folder = folder
    this.#store = createFolderStore(folder)
    this.registry = createRegistry(this.#store, new FakeClock(), { workflow: null })
  }

  static async open(): Promise<ArchiveLab> {
    return new ArchiveLab(await mkdtemp(join(tmpdir(), 'archives-')))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#store.close()
    await rm(this.#folder, { recursive: true, force: true })
  }

  /** Every file in the folder of the registry but its locks. */
  async files(): Promise<string[]> {
    const all = await readdir(this.#folder, { recursive: true, withFileTypes: true })
    const files = all.filter((entry) => entry.isFile() && !entry.name.endsWith('.lock'))
    return files.map(({ parentPath, name }) => join(parentPath, name)).sort()
  }

  /** Packages an entry whose export is this archive, the whole way; what fails is buried as the worker buries it. */
  async packaging(archive: Buffer, limits: ArchiveLimits, faults: ServerFaults = {}): Promise<End> {
    await using server = await startRangeServer(archive, faults)
    const download = new HttpDownload(server.url)
    const displayId = `EXP${++this.#entries}`
    const world = new World(bare({ id: `etr_${displayId}`, displayId }))
    world.benchling.exportNow = download
    let mostOverDeclared = Number.NEGATIVE_INFINITY
    const store: Registry['store'] = (place, body, ...rest) => {
      const counted = async function* (): AsyncGenerator<Uint8Array> {
        let left = 0
        for await (const chunk of body.chunks) {
          left += chunk.byteLength
          mostOverDeclared = Math.max(mostOverDeclared, left - body.size)
          yield chunk
        }
      }
      return this.registry.store(place, { ...body, chunks: counted() }, ...rest)
    }
    try {
      const ports = { ...world.ports, openArchive, limits, ...onRegistry({ ...this.registry, store }) }
      const job = await world.job(world.run({ id: displayId }))
      const fault = await packageEntry(job, ports).then(
        () => undefined,
        (thrown: unknown) => thrown,
      )
      if (fault) {
        const leftover = { run: displayId, steps: job.steps, held: true, signal, log: job.log }
        await discardEntry(this.registry, leftover)
      }
      const files = await this.#packaged(`benchling/${displayId}` as PackageName)
      return { fault, files, mostOverDeclared, notGivenBack: world.budget.used }
    } finally {
      download.close()
    }
  }

  async #packaged(name: PackageName): Promise<Packaged[]> {
    const revision = await this.registry.current(name, signal)
    if (!revision) return []
    await verifyRevision(this.registry, revision, signal)
    const files: Packaged[] = []
    for (const { logicalKey, physicalKey, size } of revision.entries) {
      if (RESERVED_KEYS.has(logicalKey)) continue
      const hash = createHash('sha256')
      for await (const chunk of this.registry.open(physicalKey, signal)) hash.update(chunk)
      files.push({ key: logicalKey, size, sha256: hash.digest('hex') })
    }
    return files
  }
}
