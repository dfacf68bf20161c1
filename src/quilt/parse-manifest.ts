import { setImmediate } from 'node:timers/promises'
import { Fault } from '../base/fault.ts'
import type { JsonObject } from '../base/json.ts'
import type { Hashable } from './canonical-json.ts'
import { checkKeyTree } from './manifest-keys.ts'
import { logicalKey } from './names.ts'
import { NumberLiteral } from './number-literal.ts'
import { type ParsedJson, parseJson } from './parse-json.ts'
import { parsePhysicalKey } from './physical-key.ts'
import { TopHasher } from './top-hash.ts'
import type { ManifestEntry, ManifestHeader, TopHash } from './types.ts'
import { compareLogicalKeys } from './walk-order.ts'

export type ParsedManifest = {
  readonly header: ManifestHeader
  /** In walk order. */
  readonly entries: readonly ManifestEntry[]
  /** Computed from what was read, number literals included. */
  readonly topHash: TopHash
}

type ParsedEntry = {
  readonly entry: ManifestEntry
  readonly hash: Hashable
  readonly meta: Hashable
  readonly size: Hashable
}
type JsonMap = { readonly [key: string]: Hashable | undefined }

/** Lines that are read, and entries that are hashed, before others have their turn: some 10 ms. */
const LINES_A_TURN = 2_000

/**
 * Reads a manifest of any program, as tolerant as quilt3 (quilt-formats.md §2.1): any order of lines, unknown fields,
 * CRLF, no last newline, any version; unknown header fields are kept and hashed, directory metadata is passed over.
 * Stricter in one thing: logical keys must be valid, because quilt3 would install `../x` outside its folder.
 * Throws `manifest.invalid`.
 */
export const parseManifest = (bytes: Uint8Array): ParsedManifest => {
  const turns = parseInTurns(bytes)
  for (;;) {
    const { done, value } = turns.next()
    if (done) return value
  }
}

/** `parseManifest` for long ones: others have their turns meanwhile. Also throws the signal's reason. */
export const parseManifestGently = async (
  bytes: Uint8Array,
  signal: AbortSignal,
): Promise<ParsedManifest> => {
  const turns = parseInTurns(bytes)
  for (;;) {
    const { done, value } = turns.next()
    if (done) return value
    await setImmediate()
    signal.throwIfAborted()
  }
}

const parseInTurns = function* (bytes: Uint8Array): Generator<void, ParsedManifest> {
  const lines = decode(bytes).split('\n')
  if (lines.at(-1) === '') lines.pop()
  const header = readHeader(readLine(lines[0] ?? '', 1))
  const parsed: ParsedEntry[] = []
  for (let at = 1; at < lines.length; at++) {
    if (at % LINES_A_TURN === 0) yield
    const entry = readEntry(readLine(lines[at]!, at + 1), at + 1)
    if (entry) parsed.push(entry)
  }
  parsed.sort((a, b) => compareLogicalKeys(a.entry.logicalKey, b.entry.logicalKey))
  const entries = parsed.map(({ entry }) => entry)
  checkKeyTree(entries)
  const topHash = yield* hashInTurns(header.exact, parsed)
  return { header: header.plain as ManifestHeader, entries, topHash }
}

const decode = (bytes: Uint8Array): string => {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch (cause) {
    throw new Fault('manifest.invalid', { problem: 'it is not UTF-8' }, { cause })
  }
}

const readLine = (text: string, number: number): { exact: JsonMap; plain: JsonObject } => {
  let parsed: ParsedJson
  try {
    parsed = parseJson(text)
  } catch {
    throw invalid(number, 'the line is not JSON') // the cause would quote the line
  }
  if (!isMap(parsed.exact)) throw invalid(number, 'the line is not an object')
  return { exact: parsed.exact, plain: parsed.plain as JsonObject }
}

/** quilt3 once wrote the top hash into the header: it is neither kept nor hashed. */
const readHeader = ({ exact, plain }: { exact: JsonMap; plain: JsonObject }) => {
  if (typeof plain.version !== 'string') throw invalid(1, 'the header has no version')
  if (plain.user_meta != null && !isMap(exact.user_meta)) throw invalid(1, 'user_meta is not an object')
  if (plain.message != null && typeof plain.message !== 'string') throw invalid(1, 'message is not a string')
  const { top_hash: _exact, ...hashed } = exact
  const { top_hash: _plain, ...kept } = plain
  return { exact: hashed, plain: kept }
}

const readEntry = (
  { exact, plain }: { exact: JsonMap; plain: JsonObject },
  number: number,
): ParsedEntry | null => {
  const key = plain.logical_key
  if (typeof key !== 'string') throw invalid(number, 'it has no logical_key')
  const physical = plain.physical_keys
  if (physical === undefined && key.endsWith('/')) return null
  const url: unknown = Array.isArray(physical) ? physical[0] : undefined
  if (typeof url !== 'string') throw invalid(number, 'it has no physical key')
  parsePhysicalKey(url)
  const { size, hash } = plain
  if (typeof size !== 'number' || !Number.isSafeInteger(size) || size < 0)
    throw invalid(number, 'its size is not a count of bytes')
  if (!isHash(hash)) throw invalid(number, 'it has no hash')
  if (!('meta' in plain)) throw invalid(number, 'it has no meta')
  const meta = isFalsy(exact.meta) ? {} : exact.meta
  if (!isMap(meta)) throw invalid(number, 'its meta is not an object')
  return {
    entry: {
      logicalKey: logicalKey(key),
      physicalKey: url,
      size,
      hash: { type: hash.type, value: hash.value },
      meta: isFalsy(exact.meta) ? {} : (plain.meta as JsonObject),
    },
    hash: exact.hash!,
    meta,
    size: exact.size!,
  }
}

const hashInTurns = function* (header: Hashable, entries: readonly ParsedEntry[]): Generator<void, TopHash> {
  try {
    const hasher = new TopHasher(header)
    for (const [at, { entry, hash, meta, size }] of entries.entries()) {
      if (at > 0 && at % LINES_A_TURN === 0) yield
      hasher.add(entry.logicalKey, hash, meta, size)
    }
    return hasher.digest()
  } catch (cause) {
    throw new Fault('manifest.invalid', { problem: 'it is nested too deeply' }, { cause })
  }
}

/** What Python takes for false, and so hashes as `{}`. */
const isFalsy = (value: Hashable | undefined): boolean =>
  !value || (value instanceof NumberLiteral && value.valueOf() === 0) || isEmptyList(value)

const isEmptyList = (value: Hashable): boolean => Array.isArray(value) && value.length === 0

const isMap = (value: unknown): value is JsonMap =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof NumberLiteral)

const isHash = (value: unknown): value is { type: string; value: string } =>
  isMap(value) && typeof value.type === 'string' && typeof value.value === 'string'

const invalid = (line: number, problem: string): Fault => new Fault('manifest.invalid', { line, problem })
