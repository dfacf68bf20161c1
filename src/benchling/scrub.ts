import { Fault } from '../base/fault.ts'
import type { Json, JsonObject } from '../base/json.ts'
import { JSON_ANSWER_MAX_DEPTH } from './limits.ts'

/** Query parameters that make an address a bearer secret: AWS Signature 4 and 2 (CloudFront too), Google, Azure. */
const SIGNED =
  /[?&;](?:x-amz-(?:signature|security-token|credential)|x-goog-(?:signature|credential)|awsaccesskeyid|signature|sig)=/i
const ADDRESS = /\b[a-z][a-z0-9+.-]{0,20}:\/\/[^\s"'<>]+/gi
const DOWNLOAD_KEY = /^(?:download|presigned|signed)_?url$/i

/** The same parameters wherever they stand in a word. */
const SIGNING =
  /\b(?:x-amz-(?:signature|security-token|credential)|x-goog-(?:signature|credential)|awsaccesskeyid|signature|sig)=/i

/** Shorter than this nothing is taken for a secret: too much else would be. */
const SECRET_MIN = 8

export const REMOVED = '[signed address removed]'

/** True when a text holds an address that opens something for whoever has it. */
const holdsSignedAddress = (text: string): boolean =>
  text.includes('=') && (text.match(ADDRESS) ?? []).some((address) => SIGNED.test(decoded(address)))

/**
 * The same JSON without signed addresses: a property (or list element) that is one disappears (becomes null), inside
 * longer text it is replaced by `REMOVED`. Properties named downloadURL go whatever they hold, and with them the
 * `expiresAt` beside them, which changes with every question and would make equal entries look different.
 * Throws `benchling.unexpected_answer` when nested deeper than `JSON_ANSWER_MAX_DEPTH`.
 */
export const withoutSignedAddresses = (value: Json): Json => scrub(value, 0)

/** A text without the words that hold a signed address or a part of one, encoded or not. */
export const withoutSignedWords = (text: string): string =>
  text.replace(/[^\s"'<>]+/g, (word) => (word.includes('=') || word.includes('%') ? unsigned(word) : word))

const unsigned = (word: string): string => (SIGNING.test(decoded(word)) ? '…' : word)

/** A text without secrets that the other side echoed: as they are, in JSON, in an address. */
export const withoutSecrets = (text: string, secrets: Iterable<string>): string => {
  let clean = text
  for (const secret of secrets) {
    if (secret.length < SECRET_MIN) continue
    for (const form of new Set([secret, JSON.stringify(secret).slice(1, -1), encodeURIComponent(secret)]))
      if (clean.includes(form)) clean = clean.replaceAll(form, '…')
  }
  return clean
}

const scrub = (value: Json, depth: number): Json => {
  if (typeof value === 'string') return holdsSignedAddress(value) ? replaced(value) : value
  if (value === null || typeof value !== 'object') return value
  if (depth >= JSON_ANSWER_MAX_DEPTH)
    throw new Fault('benchling.unexpected_answer', { reason: 'nested too deeply' })
  if (isList(value)) return value.map((element) => (isSigned(element) ? null : scrub(element, depth + 1)))
  const entries = Object.entries(value)
  const link = entries.some(([key, held]) => DOWNLOAD_KEY.test(key) && !isNested(held))
  return Object.fromEntries(
    entries
      .filter(([key, held]) => !isSigned(held) && !(DOWNLOAD_KEY.test(key) && !isNested(held)))
      .filter(([key]) => !(link && key === 'expiresAt'))
      .map(([key, held]) => [holdsSignedAddress(key) ? replaced(key) : key, scrub(held, depth + 1)]),
  )
}

const replaced = (text: string): string =>
  text.replace(ADDRESS, (address) => (SIGNED.test(decoded(address)) ? REMOVED : address))

/** An address can hold another one as a parameter, percent-encoded once or twice. */
const decoded = (address: string): string => {
  let text = address
  for (let round = 0; round < 3; round++)
    text = text.replace(/%(3f|26|3b|3d|2d|25)/gi, (_, hex: string) =>
      String.fromCharCode(Number.parseInt(hex, 16)),
    )
  return text
}

const isSigned = (value: Json): boolean =>
  typeof value === 'string' && holdsSignedAddress(value) && replaced(value.trim()) === REMOVED

const isNested = (value: Json): boolean => typeof value === 'object' && value !== null

const isList = (value: readonly Json[] | JsonObject): value is readonly Json[] => Array.isArray(value)
