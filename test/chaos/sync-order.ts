import { basename, dirname } from 'node:path'
import type { Told } from './instants.ts'

/**
 * What was not on the disk when a record said that it was, in the order of a recording: for every mark `stored` the
 * object's bytes, then its name, then its folder; for a revision its objects before its manifest, that before its pointer,
 * that before `latest`, and all of them before the end of the run.
 */
export const unsynced = (told: readonly Told[]): string[] => [...unsyncedMarks(told), ...unsyncedNames(told)]

const unsyncedMarks = (told: readonly Told[]): string[] =>
  told.flatMap(({ at, marks = [] }, commit) =>
    at.startsWith('before commit')
      ? marks.flatMap((physicalKey) => {
          const problem = objectProblem(told.slice(0, commit), basename(physicalKey))
          return problem ? [`${problem}: ${physicalKey}`] : []
        })
      : [],
  )

const OBJECT_NAMED = /^after rename to (staged )?object$/

/** Wherever content lies, its file is named by its address. */
const objectProblem = (before: readonly Told[], address: string): string | null => {
  const last = (fits: (told: Told) => boolean) => before.findLastIndex(fits)
  const named = last(({ at, path = '' }) => OBJECT_NAMED.test(at) && basename(path) === address)
  const { path = '', from } = before[named] ?? {}
  const folder = dirname(path)
  const written = last((told) => told.at === 'after write unfinished file' && told.path === from)
  const synced = last((told) => told.at === 'after datasync unfinished file' && told.path === from)
  const made = last((told) => /^after mkdir (object|staging) folder$/.test(told.at) && told.path === folder)
  if (named < 0) return 'an object is marked that was never renamed to its place'
  if (written < 0 || synced < written) return 'an object is marked whose bytes were not synced'
  if (synced > named) return 'an object had its name before its bytes were synced'
  if (!syncedSince(before, named, folder)) return 'an object is marked whose folder was not synced'
  if (made >= 0 && !syncedSince(before, made, dirname(folder)))
    return 'an object is marked in a folder whose name was not synced'
  return null
}

/** True when a sync of the folder began after that moment, and is over. */
const syncedSince = (told: readonly Told[], since: number, folder: string): boolean =>
  told.some(
    ({ at, path, operation }, begun) =>
      begun > since &&
      path === folder &&
      /^before sync/.test(at) &&
      told.some((one) => one.operation === operation && one.at.startsWith('after ')),
  )

/** What a revision consists of, in the order in which it becomes durable. */
const NAMES = ['object', 'manifest', 'pointer', 'latest'] as const

const unsyncedNames = (told: readonly Told[]): string[] => {
  const named = told.flatMap(({ at, path = '' }, index) => {
    const rank = NAMES.findIndex((name) => at === `after rename to ${name}`)
    return rank < 0 ? [] : [{ index, rank, at, folder: dirname(path) }]
  })
  return told.flatMap(({ at }, index) => {
    const next = NAMES.findIndex((name) => at === `before rename to ${name}`)
    const rank = at === 'before commit end of entry run' ? NAMES.length : next
    const before = told.slice(0, index)
    return named
      .filter((one) => one.index < index && one.rank < rank && !syncedSince(before, one.index, one.folder))
      .map((one) => `${at}: the folder was not synced ${one.at}`)
  })
}
