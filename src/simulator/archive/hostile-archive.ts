import { bufferSource, wholeBuffer } from './byte-source.ts'
import { type VirtualMember, virtualArchive } from './virtual-archive.ts'

const DIRECTORY_SIGNATURE = Buffer.from([0x50, 0x4b, 0x01, 0x02])
const LOCAL_OFFSET_FIELD = 42

/** The archive with its last directory entry pointing at the first member's bytes: two files claim the same bytes. */
export const overlapping = (archive: Buffer): Buffer => {
  const damaged = Buffer.from(archive)
  const last = damaged.lastIndexOf(DIRECTORY_SIGNATURE)
  if (last >= 0) damaged.writeUInt32LE(0, last + LOCAL_OFFSET_FIELD)
  return damaged
}

/** Names that try to leave the folder, hide, collide or break a path; each is a small text file. */
export const HOSTILE_NAMES = [
  '../../etc/passwd',
  '/etc/cron.d/absolute',
  'C:\\Windows\\System32\\drivers.txt',
  '.quilt/packages/latest',
  'entry.json',
  'README.md',
  'dots/./../..//up.txt',
  'tab\tand\u0007bell.txt',
  'percent%2e%2e%2fup.txt',
  'Data.csv',
  'data.csv',
  `${'long/'.repeat(230)}name.txt`,
] as const

/** The members together with files of hostile names, as one valid archive. */
export const withHostileNames = async (members: readonly VirtualMember[], date: Date): Promise<Buffer> => {
  const hostile = HOSTILE_NAMES.map((name, i) => ({
    name,
    content: bufferSource(Buffer.from(`hostile member ${i}\n`)),
  }))
  return wholeBuffer(await virtualArchive([...members, ...hostile], date))
}
