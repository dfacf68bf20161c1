import { extraField } from '../../support/zip-bytes.ts'
import { type Fixture, file, refused, stored, zip } from './fixture.ts'

const ascii = (text: string): Buffer => Buffer.from(text, 'latin1')
const extra = extraField(0x5455, Buffer.alloc(5))

/** One archive with every structure an archive can have. */
const whole = zip(
  [
    file('first.csv', 'first,first,first', { descriptor: true, localExtra: extra, extra, comment: 'one' }),
    stored('second.txt', 'second', { localExtra: extra, extra, comment: 'two' }),
  ],
  { zip64: true, extensible: Buffer.alloc(8, 7), comment: 'the comment of the archive' },
).bytes

/** Where things begin: found in the bytes, so that the list reads like the format. */
const local = (n: number): number => (n === 0 ? 0 : whole.indexOf(ascii('PK\x03\x04'), 1))
const record = (n: number): number =>
  n === 0 ? whole.indexOf(ascii('PK\x01\x02')) : whole.indexOf(ascii('PK\x01\x02'), record(0) + 1)
const descriptor = whole.indexOf(ascii('PK\x07\x08'))
const end64 = whole.indexOf(ascii('PK\x06\x06'))
const locator = whole.indexOf(ascii('PK\x06\x07'))
const end = whole.indexOf(ascii('PK\x05\x06'))

const cuts: readonly [at: string, bytes: number][] = [
  ['in-the-first-signature', 3],
  ['in-a-local-header', local(0) + 20],
  ['before-a-local-name', local(0) + 30],
  ['in-a-local-name', local(0) + 34],
  ['before-a-local-extra-field', local(0) + 39],
  ['in-a-local-extra-field', local(0) + 43],
  ['before-data', local(0) + 48],
  ['in-deflated-data', descriptor - 4],
  ['before-a-descriptor', descriptor],
  ['in-a-descriptor', descriptor + 9],
  ['between-members', local(1)],
  ['in-stored-data', record(0) - 3],
  ['before-the-directory', record(0)],
  ['in-a-record', record(0) + 20],
  ['in-the-name-of-a-record', record(0) + 50],
  ['in-the-extra-field-of-a-record', record(0) + 58],
  ['in-the-comment-of-a-record', record(0) + 46 + 9 + 9 + 1],
  ['between-records', record(1)],
  ['after-the-directory', end64],
  ['in-the-zip64-record', end64 + 30],
  ['in-the-private-data-of-the-zip64-record', end64 + 60],
  ['before-the-locator', locator],
  ['in-the-locator', locator + 10],
  ['before-the-end-record', end],
  ['in-the-end-record', end + 11],
  ['before-the-comment', end + 22],
  ['in-the-comment', end + 30],
  ['before-the-last-byte', whole.length - 1],
]

export const truncations: readonly Fixture[] = cuts.map(([at, bytes]) =>
  refused('archive.truncated', `cut-${at}`, `cut off ${at.replaceAll('-', ' ')}`, whole.subarray(0, bytes)),
)
