import { createHash } from 'node:crypto'
import type { LogicalKey } from '../quilt/types.ts'
import { COMPONENT_MAX_BYTES, cutBytes, type KeyParts, keyParts } from './key-parts.ts'

/**
 * S3 allows 1,024 bytes for an object's key. The package's name and the store's own folders stand before ours in it and
 * take up to 224 of them.
 */
export const KEY_MAX_BYTES = 800
const HASH_DIGITS = 8

/** Written by whoever makes a package of its folder, wherever it lies: quilt-formats.md §5.2. */
const RO_CRATE = 'ro-crate-metadata.json'
/** Lays out the page of a package in the Quilt catalogue; that is not for an attachment to decide. */
const SUMMARY = 'quilt_summarize.json'

/**
 * Why a file has another key than its name: `spelling` (another form of the same name), `unsafe` (characters or parts
 * that cannot be kept), `too_long`, `reserved` (the place of a document), `duplicate`, `folder` (a folder has that key).
 */
export type RenameReason = 'spelling' | 'unsafe' | 'too_long' | 'reserved' | 'duplicate' | 'folder'
export type Renamed = { readonly key: LogicalKey; readonly original: string; readonly reason: RenameReason }

const PLAIN = /^[ -~]*$/

/** Two keys with the same fold are one file on some file system that a package may be installed on. */
const fold = (key: string): string =>
  PLAIN.test(key) ? key.toLowerCase() : key.normalize('NFD').toUpperCase().toLowerCase().normalize('NFC')

const join = (folders: readonly string[], file: string): string => [...folders, file].join('/')

/** The ending that tells what a file is: `.csv`, and two of them where the last says only how it is packed. */
const ending = (file: string): string =>
  /(?<=.)(\.[\p{L}\p{N}_-]{1,16})?\.(gz|bz2|xz|zst|z)$/iu.exec(file)?.[0] ??
  /(?<=.)\.[\p{L}\p{N}_-]{1,16}$/u.exec(file)?.[0] ??
  ''

/** `stem-1a2b3c4d.csv`. The digits depend on the original name alone, and on `attempt` when those are taken. */
const withHash = (file: string, original: string, attempt: number): string => {
  // UTF-16, because two names may differ in lone surrogates only, which UTF-8 cannot tell apart.
  const hash = createHash('sha256').update(`${attempt}\0`).update(Buffer.from(original, 'utf16le'))
  const tail = `-${hash.digest('hex').slice(0, HASH_DIGITS)}${ending(file)}`
  const stem = file.slice(0, file.length - ending(file).length)
  return cutBytes(stem, COMPONENT_MAX_BYTES - Buffer.byteLength(tail)) + tail
}

/** Leading folders as far as they leave room for the longest file name. */
const fitting = (folders: readonly string[]): readonly string[] => {
  let bytes = COMPONENT_MAX_BYTES
  const end = folders.findIndex((folder) => {
    bytes += Buffer.byteLength(folder) + 1
    return bytes > KEY_MAX_BYTES
  })
  return end < 0 ? folders : folders.slice(0, end)
}

/** A path that was just short enough may be too long with the digits in its name. */
const fittingKey = (folders: readonly string[], file: string): string => {
  const key = join(folders, file)
  return Buffer.byteLength(key) > KEY_MAX_BYTES ? join(fitting(folders), file) : key
}

type Reserved = { readonly files: ReadonlySet<string>; readonly folders: ReadonlySet<string> }

const readReserved = (reserved: ReadonlySet<string>): Reserved => {
  const files = [...reserved].filter((key) => !key.endsWith('/'))
  const folders = [...reserved].filter((key) => key.endsWith('/')).map((key) => key.slice(0, -1))
  return { files: new Set([...files, SUMMARY].map(fold)), folders: new Set(folders.map(fold)) }
}

/** Every folder a key lies in, innermost last. */
const foldersOf = (key: string): string[] => {
  const parts = key.split('/')
  return parts.slice(1).map((_, index) => parts.slice(0, index + 1).join('/'))
}

type Plan = KeyParts & {
  readonly index: number
  readonly original: string
  readonly reason: RenameReason | null
}

const plan = (original: string, index: number, reserved: Reserved): Plan => {
  const parts = keyParts(original)
  let folders = parts.folders
  let reason: RenameReason | null = parts.safe ? null : 'unsafe'
  const path = fold(join(folders, parts.file))
  // No document lies deeper, and a path of 65,535 bytes has folders of a GiB.
  const outer = foldersOf(path.slice(0, KEY_MAX_BYTES))
  if (outer.some((folder) => reserved.files.has(folder) || reserved.folders.has(folder))) {
    folders = [`_${folders[0]}`, ...folders.slice(1)]
    reason = 'reserved'
  } else if (reserved.files.has(path) || reserved.folders.has(path) || fold(parts.file) === RO_CRATE)
    reason = 'reserved'
  const long = Buffer.byteLength(parts.file) > COMPONENT_MAX_BYTES
  if (long || Buffer.byteLength(join(folders, parts.file)) > KEY_MAX_BYTES) {
    folders = fitting(folders)
    reason = 'too_long'
  }
  return { ...parts, folders, reason, index, original }
}

const byName = (a: Plan, b: Plan): number =>
  a.original < b.original ? -1 : a.original > b.original ? 1 : a.index - b.index

/**
 * Gives every name a logical key of its own. The whole rule is in `docs/logical-keys.md`; in short: a name that is safe
 * keeps its spelling, in Unicode form C and with slashes; one that is not, or whose place is taken, gets 8 hex digits of
 * the hash of its original name before its ending. Keys are valid, at most `KEY_MAX_BYTES`, unique even without regard
 * to case and Unicode form, and none is a folder of another. Which name gets which key does not depend on their order,
 * except among equal names, where the first comes first.
 *
 * `reserved`: keys of documents, and folders (with a slash at the end) that no file may lie in.
 */
export const logicalKeys = (
  names: readonly string[],
  reserved: ReadonlySet<string>,
): { keys: LogicalKey[]; renamed: Renamed[] } => {
  const places = readReserved(reserved)
  const plans = names.map((name, index) => plan(name, index, places)).sort(byName)
  const folders = new Set(plans.flatMap((each) => foldersOf(`${join(each.folders, each.file)}`)).map(fold))
  const taken = new Set<string>()
  const reasons = new Map<number, RenameReason>()
  const keys: LogicalKey[] = []

  const obstacle = (key: string): RenameReason | null => {
    const folded = fold(key)
    if (places.files.has(folded) || places.folders.has(folded)) return 'reserved'
    if (folders.has(folded)) return 'folder'
    return taken.has(folded) ? 'duplicate' : null
  }
  const give = (each: Plan, key: string): void => {
    taken.add(fold(key))
    keys[each.index] = key as LogicalKey
  }

  // Names that are keys already come before names that only spell one differently, and both before what gets a hash.
  const plain = plans.filter(({ reason }) => reason === null)
  const exact = (each: Plan): boolean => join(each.folders, each.file) === each.original
  for (const each of [...plain.filter(exact), ...plain.filter((other) => !exact(other))]) {
    const key = join(each.folders, each.file)
    const reason = obstacle(key)
    if (reason) reasons.set(each.index, reason)
    else {
      give(each, key)
      if (!exact(each)) reasons.set(each.index, 'spelling')
    }
  }
  // Equal names try the same marks, so each goes on where the one before it found its own.
  const attempts = new Map<string, number>()
  for (const each of plans.filter(({ index }) => keys[index] === undefined)) {
    let attempt = attempts.get(each.original) ?? 0
    let key: string
    do key = fittingKey(each.folders, withHash(each.file, each.original, attempt++))
    while (obstacle(key))
    attempts.set(each.original, attempt)
    give(each, key)
    if (each.reason) reasons.set(each.index, each.reason)
  }
  const renamed = names.flatMap((original, index) => {
    const reason = reasons.get(index)
    return reason ? [{ key: keys[index]!, original, reason }] : []
  })
  return { keys, renamed }
}
