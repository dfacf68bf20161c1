import { createHash } from 'node:crypto'
import { createReadStream, type Dirent } from 'node:fs'
import { open, readdir, readFile, rename, rm, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { Fault } from '../base/fault.ts'
import { fileUrl } from '../quilt/physical-key.ts'
import type { Condition, Stored } from '../registry/ports.ts'
import { type DurableFolders, syncFolder } from './folder-durable.ts'
import { folderFault, isMissing } from './folder-faults.ts'
import type { FolderLayout } from './folder-layout.ts'

const READ_CHUNK = 256 << 10
const NO_CONTENT = ['.objects/.partial/', '.objects/.staged/']

/** A small object, whole; null when there is none. Its etag is the SHA-256 of its content. */
export const readControl = async (path: string): Promise<Stored | null> => {
  try {
    const bytes = await readFile(path)
    const etag = createHash('sha256').update(bytes).digest('hex')
    return { bytes, etag, physicalKey: fileUrl(path) }
  } catch (thrown) {
    if (isMissing(thrown)) return null
    throw thrown
  }
}

/** True when there is a file. */
export const isFile = async (path: string): Promise<boolean> => (await fileSize(path)) !== null

/** Bytes of a file; null when there is none. */
export const fileSize = async (path: string): Promise<number | null> => {
  try {
    const found = await stat(path)
    return found.isFile() ? found.size : null
  } catch (thrown) {
    if (isMissing(thrown)) return null
    throw thrown
  }
}

/** Must run under the registry's lock: nothing may change between looking at the condition and renaming. */
export const meets = async (path: string, condition: Condition | null): Promise<boolean> => {
  if (!condition) return true
  const stored = await readControl(path)
  return 'ifAbsent' in condition ? stored === null : stored?.etag === condition.ifMatch
}

/** Writes a file beside the others and renames it over `path`: readers see the old content or the new, never a part. */
export const replaceControl = async (
  layout: FolderLayout,
  folders: DurableFolders,
  partial: string,
  path: string,
  bytes: Uint8Array,
): Promise<void> => {
  const folder = dirname(path)
  await folders.make(folder, layout.root)
  try {
    const file = await open(partial, 'wx')
    try {
      await file.writeFile(bytes)
      await file.datasync()
    } finally {
      await file.close()
    }
    await rename(partial, path)
  } catch (thrown) {
    if (isMissing(thrown)) folders.forget()
    await rm(partial, { force: true })
    throw thrown
  }
  await syncFolder(folder)
}

/** Keys below a prefix, content included, what is unfinished or not published not. */
export async function* listKeys(
  layout: FolderLayout,
  prefix: string,
  signal: AbortSignal,
): AsyncGenerator<string> {
  const folder = prefix.slice(0, prefix.lastIndexOf('/') + 1)
  if (folder.split('/').some((part) => part === '..' || part === '.'))
    throw new Fault('store.forbidden', { key: prefix.slice(0, 200) })
  for await (const key of walk(layout, folder, signal)) if (key.startsWith(prefix)) yield key
}

async function* walk(layout: FolderLayout, folder: string, signal: AbortSignal): AsyncGenerator<string> {
  signal.throwIfAborted()
  if (NO_CONTENT.includes(folder)) return
  const path = join(layout.root, folder)
  for (const entry of await entriesOf(path)) {
    if (entry.isDirectory()) yield* walk(layout, `${folder}${entry.name}/`, signal)
    else if (entry.isFile() && join(path, entry.name) !== layout.lock) yield `${folder}${entry.name}`
  }
}

const entriesOf = async (path: string): Promise<Dirent[]> => {
  try {
    return await readdir(path, { withFileTypes: true })
  } catch (thrown) {
    if (isMissing(thrown)) return []
    throw folderFault(thrown)
  }
}

/** The bytes of a file as a stream. Throws `store.object_missing`. */
export async function* readObject(path: string, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  try {
    yield* createReadStream(path, { highWaterMark: READ_CHUNK, signal }) as AsyncIterable<Uint8Array>
  } catch (thrown) {
    throw isMissing(thrown) ? new Fault('store.object_missing', {}, { cause: thrown }) : folderFault(thrown)
  }
}
