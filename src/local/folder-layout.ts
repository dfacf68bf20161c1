import { createHash } from 'node:crypto'
import { join, resolve, sep } from 'node:path'
import { Fault } from '../base/fault.ts'
import { fileUrl, parsePhysicalKey } from '../quilt/physical-key.ts'
import type { ObjectHash } from '../quilt/types.ts'

const ADDRESS = /^[0-9a-f]{64}$/
/** Ids of runs are UUIDs; whatever else comes is named by its hash, so that it leads nowhere. */
const PLAIN_RUN = /^[0-9A-Za-z][0-9A-Za-z_-]{0,99}$/

/** A file and the folder it lies in. */
export type At = { readonly folder: string; readonly path: string }

/**
 * How a folder registry lies on disk (docs/decisions/0001-content-addressed-folder.md):
 *
 *     .objects/<aa>/<64 hex digits>     content, named by its sha2-256-chunked; never removed
 *     .objects/.staged/<run>/<64 hex>   what a run stored and did not publish yet
 *     .objects/.partial/<session>/<n>   uploads and small objects under way
 *     .objects/.partial/<session>.lock  held by the process that owns the session
 *     .objects/.lock                    held while a small object is written, or sessions are swept
 *     .quilt/…                          manifests, pointers, workflow configuration, as in every Quilt registry
 */
export class FolderLayout {
  readonly root: string
  readonly objects: string
  readonly staged: string
  readonly partial: string
  readonly lock: string
  /** `file:///…`, without a slash at the end. */
  readonly url: string
  readonly #content: string

  constructor(folder: string) {
    this.root = resolve(folder)
    this.objects = join(this.root, '.objects')
    this.staged = join(this.objects, '.staged')
    this.partial = join(this.objects, '.partial')
    this.lock = join(this.objects, '.lock')
    this.url = fileUrl(this.root)
    this.#content = `${this.url}/.objects/`
  }

  /** The name of content: its hash in hexadecimal digits. */
  addressOf(hash: ObjectHash): string {
    const address = Buffer.from(hash.value, 'base64').toString('hex')
    if (hash.type !== 'sha2-256-chunked' || !ADDRESS.test(address))
      throw new Fault('internal', {
        hashType: hash.type,
        problem: 'objects are addressed by sha2-256-chunked',
      })
    return address
  }

  /** Where content lies: its folder and its path. */
  contentAt(address: string): At {
    const folder = join(this.objects, address.slice(0, 2))
    return { folder, path: join(folder, address) }
  }

  /** The folder of what a run stored and did not publish yet. */
  stagingOf(run: string): string {
    const name = PLAIN_RUN.test(run) ? run : createHash('sha256').update(run).digest('hex')
    return join(this.staged, name)
  }

  /** The address in a physical key, null when it names something else than content of this registry. */
  addressIn(physicalKey: string): string | null {
    const address = physicalKey.slice(-64)
    const fits = physicalKey.startsWith(this.#content) && physicalKey.length === this.#content.length + 67
    return fits && ADDRESS.test(address) ? address : null
  }

  /** The path of a small object. Throws `store.forbidden` for a key that leads out of the registry or into `.objects`. */
  pathOf(key: string): string {
    const parts = key.split('/')
    if (parts.some((part) => part === '' || part === '.' || part === '..' || /[\0\\]/.test(part)))
      throw new Fault('store.forbidden', { key: key.slice(0, 200) }, { detail: 'The key leads nowhere.' })
    if (parts[0] === '.objects')
      throw new Fault('store.forbidden', { key: key.slice(0, 200) }, { detail: 'The key is reserved.' })
    return join(this.root, ...parts)
  }

  /** The path behind a physical key in this registry. Throws `store.forbidden`, `manifest.invalid`. */
  pathBehind(physicalKey: string): string {
    const key = parsePhysicalKey(physicalKey)
    const path = key.scheme === 'file' ? resolve(key.path) : ''
    if (!path.startsWith(this.root + sep))
      throw new Fault('store.forbidden', {}, { detail: 'A file of the package lies outside the registry.' })
    return path
  }
}
