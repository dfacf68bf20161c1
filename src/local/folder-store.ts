import { join } from 'node:path'
import type { ObjectStore } from '../registry/ports.ts'
import {
  fileSize,
  isFile,
  listKeys,
  meets,
  readControl,
  readObject,
  replaceControl,
} from './folder-control.ts'
import { DurableFolders } from './folder-durable.ts'
import { asFolderWork } from './folder-faults.ts'
import { FolderLayout } from './folder-layout.ts'
import { FileLock, Turns } from './folder-lock.ts'
import { FolderSession } from './folder-session.ts'
import { discardStaged, namesIn, settleStaged, sweepStaged } from './folder-staging.ts'
import { FolderUpload } from './folder-upload.ts'

export type FolderStore = ObjectStore & {
  /** Removes what is unfinished. Without it, or after a kill, the next store opened on the folder does. */
  close(): Promise<void>
  /**
   * Removes what dead processes left unfinished, and what runs stored, did not publish, and will not: of every run that is
   * not among `live`, unless another store is open on the folder, because its runs may be recorded elsewhere.
   */
  sweep(live: () => Promise<ReadonlySet<string>>): Promise<void>
}

/**
 * A registry in a folder, made when first written to. Objects lie at immutable addresses made of their content, because
 * quilt3 knows no versions of files: every revision stays readable. What a run commits waits in a place of its own until
 * the run publishes it. All that `commit`, `settle` and `write` promise is on disk when they resolve. Several processes
 * on one machine may use one folder. Throws `store.*`.
 */
export const createFolderStore = (folder: string): FolderStore => {
  const layout = new FolderLayout(folder)
  const folders = new DurableFolders()
  const turns = new Turns()
  let opened: Promise<FolderSession> | undefined

  const openOnce = (): Promise<FolderSession> => {
    opened ??= FolderSession.open(layout).catch((thrown) => {
      opened = undefined
      throw thrown
    })
    return opened
  }

  /** The session, or a new one when somebody removed the registry under the old one. */
  const session = async (): Promise<FolderSession> => {
    const opening = openOnce()
    const held = await opening
    if (await held.isThere()) return held
    if (opened === opening) {
      opened = undefined
      folders.forget()
      await held.close()
    }
    return openOnce()
  }

  return {
    url: layout.url,
    uploadBuffer: () => 0,
    begin: ({ run }, size, signal) =>
      asFolderWork(async () => {
        signal.throwIfAborted()
        const path = (await session()).partialPath()
        return FolderUpload.begin(layout, folders, path, run, size)
      }),
    read: (key) => asFolderWork(async () => readControl(layout.pathOf(key))),
    size: (key) => asFolderWork(async () => fileSize(layout.pathOf(key))),
    write: (key, bytes, condition, signal) =>
      asFolderWork(async () => {
        const path = layout.pathOf(key)
        const partial = (await session()).partialPath()
        return turns.run(async () => {
          signal.throwIfAborted()
          using _lock = await FileLock.take(layout.lock, signal)
          if (!(await meets(path, condition))) return false
          await replaceControl(layout, folders, partial, path, bytes)
          return true
        })
      }),
    list: (prefix, signal) => listKeys(layout, prefix, signal),
    has: (physicalKey, _signal, run) => asFolderWork(() => isThere(layout, physicalKey, run)),
    settle: (run, physicalKeys, signal) =>
      asFolderWork(() => settleStaged(layout, folders, run, physicalKeys, signal)),
    discard: (run, _written, kept) => asFolderWork(() => discardStaged(layout, folders, run, kept)),
    open: (physicalKey, signal) => openObject(layout, physicalKey, signal),
    sweep: (live) =>
      asFolderWork(async () => {
        const found = await Promise.all([layout.staged, layout.partial].map(namesIn))
        if (found.flat().length === 0) return
        const held = await session() // opening one removes the unfinished files of dead processes
        using _lock = await FileLock.take(layout.lock)
        if (await held.isAlone(layout)) await sweepStaged(layout, live)
      }),
    close: async () => {
      const held = opened
      opened = undefined
      await (await held)?.close()
    },
  }
}

/** Files outside of `.objects` do not count, whoever names them: quilt3 overwrites what it pushed by its name. */
const isThere = async (layout: FolderLayout, physicalKey: string, run?: string): Promise<boolean> => {
  const address = layout.addressIn(physicalKey)
  if (address === null) return false
  if (await isFile(layout.contentAt(address).path)) return true
  return run !== undefined && isFile(join(layout.stagingOf(run), address))
}

async function* openObject(
  layout: FolderLayout,
  physicalKey: string,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  signal.throwIfAborted()
  yield* readObject(layout.pathBehind(physicalKey), signal)
}
