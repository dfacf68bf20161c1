import { type FileHandle, open, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { Fault } from '../base/fault.ts'
import { fileUrl } from '../quilt/physical-key.ts'
import type { ObjectHash } from '../quilt/types.ts'
import type { Upload } from '../registry/ports.ts'
import type { DurableFolders } from './folder-durable.ts'
import { asFolderWork, isMissing } from './folder-faults.ts'
import type { At, FolderLayout } from './folder-layout.ts'

/** Content is for reading only, once it is there. */
const READ_ONLY = 0o444

/** A file under way to the place of its run, under the physical key it has once the run publishes it. */
export class FolderUpload implements Upload {
  readonly #layout: FolderLayout
  readonly #folders: DurableFolders
  readonly #path: string
  readonly #staging: string
  readonly #file: FileHandle
  readonly #size: number
  #written = 0
  #end: { kind: 'commit'; done: Promise<string> } | { kind: 'abort'; done: Promise<void> } | undefined

  private constructor(
    layout: FolderLayout,
    folders: DurableFolders,
    path: string,
    staging: string,
    file: FileHandle,
    size: number,
  ) {
    this.#layout = layout
    this.#folders = folders
    this.#path = path
    this.#staging = staging
    this.#file = file
    this.#size = size
  }

  /** `path` is a new file of this session; `run` is whose content it becomes. */
  static async begin(
    layout: FolderLayout,
    folders: DurableFolders,
    path: string,
    run: string,
    size: number,
  ): Promise<FolderUpload> {
    const file = await open(path, 'wx', READ_ONLY)
    return new FolderUpload(layout, folders, path, layout.stagingOf(run), file, size)
  }

  write(chunk: Uint8Array): Promise<void> {
    return asFolderWork(async () => {
      if (this.#end) throw new Fault('internal', { problem: 'the upload has ended' })
      this.#written += chunk.length
      if (this.#written > this.#size) throw this.#wrongSize()
      for (let rest = chunk; rest.length > 0; ) {
        const { bytesWritten } = await this.#file.write(rest)
        rest = rest.subarray(bytesWritten)
      }
    })
  }

  commit(hash: ObjectHash): Promise<string> {
    if (this.#end?.kind === 'abort')
      return Promise.reject(new Fault('internal', { problem: 'the upload was aborted' }))
    this.#end ??= { kind: 'commit', done: asFolderWork(() => this.#commit(hash)) }
    return this.#end.done
  }

  async abort(): Promise<void> {
    if (this.#end?.kind === 'commit') {
      await this.#end.done.catch(() => {})
      return
    }
    this.#end ??= { kind: 'abort', done: asFolderWork(() => this.#discard()) }
    await this.#end.done
  }

  async #commit(hash: ObjectHash): Promise<string> {
    try {
      if (this.#written !== this.#size) throw this.#wrongSize()
      const address = this.#layout.addressOf(hash)
      const content = this.#layout.contentAt(address)
      const staged = { folder: this.#staging, path: join(this.#staging, address) }
      // Equal content may just have been put there by somebody who has not synced the folder yet: we do, in any case.
      const held = (await this.#isThere(content.path)) ? content : staged
      if (held === content || (await this.#isThere(staged.path))) await this.#discard()
      else await this.#moveTo(staged)
      await this.#folders.sync(held.folder)
      return fileUrl(content.path)
    } catch (thrown) {
      if (isMissing(thrown)) this.#folders.forget()
      await this.#discard()
      throw thrown
    }
  }

  /** The folder may be taken away meanwhile by a process that lost the run to ours: then it is made again, once. */
  async #moveTo({ folder, path }: At): Promise<void> {
    await this.#file.datasync()
    await this.#file.close()
    await this.#folders.make(folder, this.#layout.root)
    try {
      await rename(this.#path, path)
    } catch (thrown) {
      if (!isMissing(thrown)) throw thrown
      this.#folders.forget()
      await this.#folders.make(folder, this.#layout.root)
      await rename(this.#path, path)
    }
  }

  /** A file of another size at our address is damaged: the content its name promises takes its place when it is published. */
  async #isThere(path: string): Promise<boolean> {
    try {
      return (await stat(path)).size === this.#size
    } catch (thrown) {
      if (isMissing(thrown)) return false
      throw thrown
    }
  }

  async #discard(): Promise<void> {
    await this.#file.close()
    await rm(this.#path, { force: true })
  }

  #wrongSize(): Fault {
    return new Fault('store.corrupt', { size: this.#size, written: this.#written })
  }
}
