import { existsSync, renameSync } from 'node:fs'
import { readdir, rm, rmdir } from 'node:fs/promises'
import { join, sep } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { mapConcurrent } from '../base/concurrency.ts'
import { errorCode } from '../base/error-code.ts'
import { Fault } from '../base/fault.ts'
import type { DurableFolders } from './folder-durable.ts'
import { isMissing } from './folder-faults.ts'
import type { FolderLayout } from './folder-layout.ts'

/**
 * Files moved without a pause. A move changes names only and takes some microseconds; through the thread pool it would
 * take several times as long, and 50,000 of them count. A millisecond at a time delays no delivery.
 */
const MOVED_AT_ONCE = 64
const AT_ONCE = 16

/**
 * Makes what a run stored content of the registry: moved to its address, and the names durable before this resolves.
 * May be repeated after a crash in the middle: what was moved then only has to be there. Throws `store.corrupt` when a
 * file is neither here nor there.
 */
export const settleStaged = async (
  layout: FolderLayout,
  folders: DurableFolders,
  run: string,
  physicalKeys: Iterable<string>,
  signal: AbortSignal,
): Promise<void> => {
  const wanted = new Set<string>()
  for (const key of physicalKeys) {
    const address = layout.addressIn(key)
    if (address !== null) wanted.add(address)
  }
  if (wanted.size === 0) return
  const staging = layout.stagingOf(run)
  const staged = new Set(await namesIn(staging))
  const places = new Map<string, string>()
  for (const address of wanted) {
    const part = address.slice(0, 2)
    if (!places.has(part)) places.set(part, layout.contentAt(address).folder)
  }
  const folderOf = (address: string): string => places.get(address.slice(0, 2))!
  await mapConcurrent(places.values(), AT_ONCE, (folder) => folders.make(folder, layout.root), signal)
  await inPortions(wanted, signal, (address) => {
    const to = `${folderOf(address)}${sep}${address}`
    if (staged.has(address) && wasMoved(`${staging}${sep}${address}`, to)) return
    if (!existsSync(to))
      throw new Fault('store.corrupt', { problem: 'a stored file is gone before it was published' })
  })
  await mapConcurrent(places.values(), AT_ONCE, (folder) => folders.sync(folder), signal)
  await removeWhenEmpty(folders, staging)
}

/** Removes what a run staged, except what these physical keys name. */
export const discardStaged = async (
  layout: FolderLayout,
  folders: DurableFolders,
  run: string,
  kept: Iterable<string>,
): Promise<void> => {
  const staging = layout.stagingOf(run)
  const addresses = new Set([...kept].map((key) => layout.addressIn(key)))
  const names = await namesIn(staging)
  await mapConcurrent(
    names.filter((name) => !addresses.has(name)),
    AT_ONCE,
    (name) => rm(join(staging, name), { force: true }),
  )
  await removeWhenEmpty(folders, staging)
}

/** Removes the staged files of every run that is not among `live`, a list asked for after the folders were seen. */
export const sweepStaged = async (
  layout: FolderLayout,
  live: () => Promise<ReadonlySet<string>>,
): Promise<void> => {
  const found = await namesIn(layout.staged)
  if (found.length === 0) return
  const needed = new Set([...(await live())].map((run) => layout.stagingOf(run)))
  for (const name of found) {
    const folder = join(layout.staged, name)
    if (!needed.has(folder)) await rm(folder, { recursive: true, force: true })
  }
}

export const namesIn = async (folder: string): Promise<string[]> => {
  try {
    return await readdir(folder)
  } catch (thrown) {
    if (isMissing(thrown)) return []
    throw thrown
  }
}

/** False when the file is gone since it was seen: another process took the run over and moved it, or removed it. */
const wasMoved = (from: string, to: string): boolean => {
  try {
    renameSync(from, to)
    return true
  } catch (thrown) {
    if (isMissing(thrown)) return false
    throw thrown
  }
}

/** Runs quick synchronous work for each, and lets others have their turn after every portion. */
const inPortions = async <T>(
  items: Iterable<T>,
  signal: AbortSignal,
  work: (item: T) => void,
): Promise<void> => {
  let left = MOVED_AT_ONCE
  for (const item of items) {
    work(item)
    if (--left > 0) continue
    left = MOVED_AT_ONCE
    await setImmediate()
    signal.throwIfAborted()
  }
}

const removeWhenEmpty = async (folders: DurableFolders, folder: string): Promise<void> => {
  folders.gone(folder)
  try {
    await rmdir(folder)
  } catch (thrown) {
    if (!isMissing(thrown) && !['ENOTEMPTY', 'EEXIST'].includes(errorCode(thrown) ?? '')) throw thrown
  }
}
