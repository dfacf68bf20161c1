import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { systemClock } from '../../src/base/clock.ts'
import { asFault } from '../../src/base/fault.ts'
import type { JsonObject } from '../../src/base/json.ts'
import { createFolderStore } from '../../src/local/folder-store.ts'
import type { PackageName } from '../../src/quilt/types.ts'
import type { Registry, Revision } from '../../src/registry/ports.ts'
import { createRegistry } from '../../src/registry/registry.ts'
import { verifyRevision } from '../../src/registry/verify-revision.ts'
import type { Content, FolderFacts, PackageFacts, RevisionFacts } from './world.ts'

const never = new AbortController().signal
const TEXT = /\.(json|csv)$/

/** What a folder registry holds: every revision verified, and every file of it hashed once more by other means. */
export const readPackages = async (
  dir: string,
): Promise<{ packages: readonly PackageFacts[]; folder: FolderFacts }> => {
  const root = join(dir, 'registry')
  const registry = createRegistry(createFolderStore(root), systemClock, { workflow: null })
  const seen = new Seen()
  const packages: PackageFacts[] = []
  for (const name of await registry.packages(never))
    packages.push(await packageOf(registry, root, name, seen))
  return { packages, folder: await folderOf(root, seen) }
}

/** What revisions refer to. Content is hashed once: its address is its content, which `verifyRevision` checks each time. */
class Seen {
  readonly objects = new Set<string>()
  readonly manifests = new Set<string>()
  readonly #hashed = new Map<string, string>()

  async content(path: string): Promise<string> {
    const known = this.#hashed.get(path)
    if (known !== undefined) return known
    const sha256 = createHash('sha256')
      .update(await readFile(path))
      .digest('hex')
    this.#hashed.set(path, sha256)
    return sha256
  }
}

const packageOf = async (
  registry: Registry,
  root: string,
  name: PackageName,
  seen: Seen,
): Promise<PackageFacts> => {
  const folder = join(root, '.quilt/named_packages', name)
  const names = (await readdir(folder)).sort()
  const latest = names.includes('latest') ? await readFile(join(folder, 'latest'), 'latin1') : null
  const times = names.filter((one) => one !== 'latest').map(Number)
  const revisions: RevisionFacts[] = []
  for (const [i, at] of times.entries()) {
    const topHash = await readFile(join(folder, String(at)), 'latin1')
    seen.manifests.add(topHash)
    revisions.push(await revisionOf(registry, name, { at, topHash }, seen, i === times.length - 1))
  }
  return { name, latest, revisions }
}

const revisionOf = async (
  registry: Registry,
  name: PackageName,
  { at, topHash }: { at: number; topHash: string },
  seen: Seen,
  newest: boolean,
): Promise<RevisionFacts> => {
  let revision: Revision | undefined
  try {
    revision = await registry.revision(name, topHash as Revision['topHash'], never)
    await verifyRevision(registry, revision, never)
  } catch (thrown) {
    const { code, detail } = asFault(thrown)
    const problem = `${code} ${detail ?? ''}`
    return { at, topHash, problem, meta: {}, files: [], documents: {} }
  }
  const files: Content[] = []
  const documents: Record<string, string> = {}
  for (const { logicalKey, size, physicalKey } of revision.entries) {
    const path = fileURLToPath(physicalKey)
    seen.objects.add(path)
    files.push({ name: logicalKey, size, sha256: await seen.content(path) })
    if (newest && TEXT.test(logicalKey)) documents[logicalKey] = await readFile(path, 'utf8')
  }
  const meta = (revision.header.user_meta ?? {}) as JsonObject
  return { at, topHash, problem: null, meta, files, documents }
}

const folderOf = async (root: string, seen: Seen): Promise<FolderFacts> => {
  const objects = join(root, '.objects')
  const all = await readdir(objects, { recursive: true, withFileTypes: true }).catch(() => [])
  const paths = all.filter((one) => one.isFile()).map((one) => join(one.parentPath, one.name))
  const manifests = await readdir(join(root, '.quilt/packages')).catch(() => [])
  const below = (folder: string) =>
    all.filter((one) => one.parentPath === join(objects, folder)).map((one) => one.name)
  return {
    unfinished: below('.partial'),
    staged: below('.staged'),
    unreferenced: paths
      .filter((path) => /\/[0-9a-f]{2}\/[0-9a-f]{64}$/.test(path) && !seen.objects.has(path))
      .map((path) => relative(objects, path)),
    unnamed: manifests.filter((topHash) => !seen.manifests.has(topHash)),
  }
}
