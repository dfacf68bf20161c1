import type { JsonObject } from '../../src/base/json.ts'
import { logicalKey, packageName } from '../../src/quilt/names.ts'
import { objectHasher } from '../../src/quilt/object-hash.ts'
import { s3Url } from '../../src/quilt/physical-key.ts'
import { preparedTopHash, prepareManifest, renderManifest } from '../../src/quilt/render-manifest.ts'
import type { ManifestEntry, ObjectHash, TopHash } from '../../src/quilt/types.ts'
import { latestKey, manifestKey, pointerKey } from '../../src/registry/layout.ts'
import type { PackagePrefix, PackagerQueue } from '../../src/registry/packager-ports.ts'
import type { ObjectStore } from '../../src/registry/ports.ts'

const { signal } = new AbortController()

export type PackagerMessage = {
  readonly source_prefix: string
  readonly registry: string
  readonly package_name: string
  readonly metadata_uri: string
  readonly commit_message: string
  readonly workflow?: string
}

const contentOf = async (store: ObjectStore, physicalKey: string): Promise<Buffer> =>
  Buffer.concat(await Array.fromAsync(store.open(physicalKey, signal)))

/**
 * Quilt's packager as quilt-formats.md §5 tells it, for tests without Python: what `test/conformance` proves with quilt3
 * is assumed here. Messages wait until `build` is called.
 */
export class MemoryPackager implements PackagerQueue {
  readonly sent: PackagerMessage[] = []
  /** With which hashes it writes manifests: those of the stack's configuration. */
  hashType: ObjectHash['type'] = 'sha2-256-chunked'
  readonly #store: ObjectStore
  readonly #prefix: PackagePrefix
  #done = 0
  #seconds = 1_800_000_000

  constructor(store: ObjectStore, prefix: PackagePrefix) {
    this.#store = store
    this.#prefix = prefix
  }

  async send(body: string): Promise<string> {
    return `message-${this.sent.push(JSON.parse(body))}`
  }

  /** Takes every message that waits. `event` is raised between the pointer and `latest`, as an EventBridge envelope. */
  async build(event: (body: string, topHash: TopHash) => Promise<void> = async () => {}): Promise<TopHash[]> {
    const made: TopHash[] = []
    for (; this.#done < this.sent.length; this.#done++)
      made.push(await this.#make(this.sent[this.#done]!, event))
    return made
  }

  async #make(
    message: PackagerMessage,
    event: (body: string, topHash: TopHash) => Promise<void>,
  ): Promise<TopHash> {
    const name = packageName(message.package_name)
    const root = `${name}/`
    const entries: ManifestEntry[] = []
    for await (const { key, versionId, size } of this.#prefix.list(name, signal)) {
      const physicalKey = s3Url(this.#prefix.bucket, key, versionId)
      const hasher = objectHasher(this.hashType, size)!
      hasher.update(await contentOf(this.#store, physicalKey))
      const hash = { type: this.hashType, value: hasher.digest() }
      entries.push({ logicalKey: logicalKey(key.slice(root.length)), physicalKey, size, hash, meta: {} })
    }
    const metadata = entries.find(({ logicalKey: key }) => key === message.metadata_uri)!
    const meta = JSON.parse((await contentOf(this.#store, metadata.physicalKey)).toString()) as JsonObject
    const header = { version: 'v0', user_meta: meta, message: message.commit_message }
    const manifest = prepareManifest(header, entries)
    const topHash = preparedTopHash(manifest)
    const write = (key: string, bytes: Buffer) => this.#store.write(key, bytes, null, signal)
    await write(manifestKey(topHash), Buffer.concat([...renderManifest(manifest)]))
    const at = this.#seconds++
    await write(pointerKey(name, at), Buffer.from(topHash))
    await event(eventOf({ bucket: this.#prefix.bucket, handle: name, topHash, at: at * 1000 }), topHash)
    await write(latestKey(name), Buffer.from(topHash))
    return topHash
  }
}

/** A package-revision event as it comes out of a queue (quilt-formats.md §6). */
export const eventOf = (its: {
  readonly bucket: string
  readonly handle: string
  readonly topHash: string
  readonly at: number
}): string =>
  JSON.stringify({
    version: '0',
    id: '3f0c9a52-0c39-4f2e-9c73-1d2b8f1f7a10',
    'detail-type': 'package-revision',
    source: 'com.quiltdata',
    account: '123456789012',
    time: new Date(its.at).toISOString().replace('.000Z', 'Z'),
    region: 'us-east-1',
    resources: [],
    detail: { version: '0.1', type: 'created', bucket: its.bucket, handle: its.handle, topHash: its.topHash },
  })
