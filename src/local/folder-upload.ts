import { type FileHandle, open, rename, rm, stat } from 'node:fs/promises'
import { Fault } from '../base/fault.ts'
import { fileUrl } from '../quilt/physical-key.ts'
import type { ObjectHash } from '../quilt/types.ts'
import type { Upload } from '../registry/ports.ts'
import { type DurableFolders, syncFolder } from './folder-durable.ts'
import { asFolderWork, isMissing } from './folder-faults.ts'
import type { FolderLayout } from './folder-layout.ts'

/** Content is for reading only, once it is there. */
const READ_ONLY = 0o444

/** A file under way to its address. */
export class FolderUpload implements Upload {
  readonly #layout: FolderLayout
  readonly #folders: DurableFolders
  readonly #path: string
  readonly #file: FileHandle
  readonly #size: number
  #written = 0
  #end: { kind: 'commit'; done: Promise<string> } | { kind: 'abort'; done: Promise<void> } | undefined

  private constructor(
    layout: FolderLayout,
    folders: DurableFolders,
    path: string,
    file: FileHandle,
    size: number,
  ) {
    this.#layout = layout
    this.#folders = folders
    this.#path = path
    this.#file = file
    this.#size = size
  }

  static async begin(
    layout: FolderLayout,
    folders: DurableFolders,
    path: string,
    size: number,
  ): Promise<FolderUpload> {
    return new FolderUpload(layout, folders, path, await open(path, 'wx', READ_ONLY), size)
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
      const { folder, path } = this.#layout.objectAt(hash)
      await this.#folders.make(folder, this.#layout.root)
      // Equal content may just have been put there by somebody who has not synced the folder yet: we do, in any case.
      if (await this.#isThere(path)) await this.#discard()
      else await this.#moveTo(path)
      await syncFolder(folder)
      return fileUrl(path)
    } catch (thrown) {
      if (isMissing(thrown)) this.#folders.forget()
      await this.#discard()
      throw thrown
    }
  }

  async #moveTo(path: string): Promise<void> {
    await this.#file.datasync()
    await this.#file.close()
    await rename(this.#path, path)
  }

  /** A file of another size at our address is damaged, and is replaced by the content its name promises. */
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
