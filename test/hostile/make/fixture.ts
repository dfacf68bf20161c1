import { createHash } from 'node:crypto'
import { crc32 } from 'node:zlib'
import type { ErrorCode } from '../../../src/base/errors.ts'
import { type ZipEnd, type ZipMember, zipBytes } from '../../support/zip-bytes.ts'
import { deflated } from './deflate.ts'

/** A file that must come out of a good archive. `key` is its logical key where that is not its name. */
export type ExpectedFile = {
  readonly name: string
  readonly key: string
  readonly size: number
  readonly crc32: string
  readonly sha256: string
}

/** An archive made by hand, and what must become of it. */
export type Fixture = {
  readonly outcome: 'good' | (ErrorCode & `archive.${string}`)
  readonly what: string
  /** What it attacks or imitates: a row of the table in `archives/README.md`. */
  readonly attacks: string
  readonly advisory?: string
  readonly bytes: Buffer
  readonly files: readonly ExpectedFile[]
}

/** A member that becomes a file of the package; `as` is its name where the bytes of `name` do not say it in UTF-8. */
export type GoodMember = ZipMember & { readonly as?: string; readonly key?: string }

const bytesOf = (data: Uint8Array | string): Buffer => Buffer.from(data as string)

export const expected = (name: string, data: Uint8Array | string, key = name): ExpectedFile => ({
  name,
  key,
  size: bytesOf(data).length,
  crc32: crc32(bytesOf(data)).toString(16).padStart(8, '0'),
  sha256: createHash('sha256').update(bytesOf(data)).digest('hex'),
})

/** A file name with the mark of docs/logical-keys.md §5, worked out here once more. */
export const marked = (stem: string, ending: string, original: string, attempt = 0): string => {
  const hash = createHash('sha256').update(`${attempt}\0`, 'utf8').update(Buffer.from(original, 'utf16le'))
  return `${stem}-${hash.digest('hex').slice(0, 8)}${ending}`
}

/** `zipBytes`, but deflated by our own encoder. */
export const zip = (members: readonly ZipMember[], end: ZipEnd = {}) =>
  zipBytes(
    members.map((member) =>
      member.packed || (member.method ?? 8) !== 8
        ? member
        : { ...member, packed: deflated(bytesOf(member.data ?? '')) },
    ),
    end,
  )

export const file = (name: string, data: string, more: Partial<GoodMember> = {}): GoodMember => ({
  name,
  data,
  ...more,
})
export const stored = (name: string, data: string, more: Partial<GoodMember> = {}): GoodMember => ({
  name,
  data,
  method: 0,
  ...more,
})

type Refusal = Exclude<Fixture['outcome'], 'good'>

export const refused = (
  outcome: Refusal,
  what: string,
  attacks: string,
  archive: Buffer | readonly ZipMember[],
  end: ZipEnd = {},
  advisory?: string,
): Fixture => ({
  outcome,
  what,
  attacks,
  bytes: Buffer.isBuffer(archive) ? archive : zip(archive, end).bytes,
  files: [],
  ...(advisory ? { advisory } : {}),
})

const isFolder = ({ name, data }: GoodMember): boolean =>
  (data ?? '').length === 0 && (name.length === 0 || /[/]$/.test(String(name)))

/** A good archive whose members are all told apart from folders by a slash. */
export const good = (
  what: string,
  attacks: string,
  members: readonly GoodMember[],
  end: ZipEnd = {},
  advisory?: string,
): Fixture => ({
  outcome: 'good',
  what,
  attacks,
  bytes: zip(members, end).bytes,
  files: members
    .filter((member) => !isFolder(member))
    .map(({ name, as = String(name), data = '', key = as }) => expected(as, data, key)),
  ...(advisory ? { advisory } : {}),
})

/** A good archive given as bytes, with what is in it. */
export const goodBytes = (
  what: string,
  attacks: string,
  bytes: Buffer,
  files: readonly ExpectedFile[],
  advisory?: string,
): Fixture => ({ outcome: 'good', what, attacks, bytes, files, ...(advisory ? { advisory } : {}) })

/** Two ordinary members, where it does not matter which. */
export const ALPHA = file('alpha.csv', 'well,od\nA1,0.42\nA2,0.39\n')
export const BETA = stored('notes/beta.txt', 'beta')
