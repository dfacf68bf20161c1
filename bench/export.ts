import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { readOptions, WrongCall, wholeNumber } from '../test/support/options.ts'
import type { ReaderFigures, ReaderOrder } from './export/read-export.ts'
import type { ServerOrder } from './export/server.ts'
import { unzipSeconds } from './export/unzip.ts'
import { Helper } from './process.ts'
import { bundled, shippedNodeOptions } from './shipped.ts'
import { parseSize } from './size.ts'

const MIB = 1024 * 1024
/** Larger archives are never on disk: they are made while they are served, and there is nothing for unzip to read. */
const ON_DISK_MAX_BYTES = 4096 * MIB

export type ExportFigures = {
  readonly store: string
  readonly members: number
  /** What came out of the archive, and how large it is itself. */
  readonly mib: number
  readonly archiveMib: number
  /** From the first request to the last hash, or to the published revision, and what that is a second. */
  readonly seconds: number
  readonly mibPerSecond: number
  /** Processor time of the reading process: what remains when the machine is busy with something else. */
  readonly cpuSeconds: number
  /** VmHWM of the reading process. */
  readonly peakRssMiB: number
  readonly requests: number
  /** `unzip -tq` on the same archive (discard), or unzip to disk and sync (folder), best of three; null: not measured. */
  readonly unzipSeconds: number | null
  readonly ratioToUnzip: number | null
}

const round = (value: number, digits = 2): number => Number(value.toFixed(digits))

/**
 * How fast and in how much memory an export is read: a mixed archive, served by another process, every byte through
 * ranges, inflate, CRC-32 and the chunked hash. The reading process is bundled and started as the published program is.
 * `--size 2GiB` of unpacked bytes, `--members 400`; `--each 1KiB`: all members of this size, instead of a mixture;
 * `--store discard` drops what was hashed, `--store folder` publishes a revision in a folder registry.
 */
export const run = async (args: readonly string[]): Promise<ExportFigures> => {
  const values = readOptions(args, {
    size: { type: 'string', default: '256MiB' },
    members: { type: 'string', default: '400' },
    each: { type: 'string' },
    store: { type: 'string', default: 'discard' },
  })
  const members = wholeNumber('members', values.members, 1, 1_000_000)
  const { store } = values
  if (store !== 'discard' && store !== 'folder') throw new WrongCall('--store is discard or folder')
  const each = values.each === undefined ? null : parseSize('each', values.each)
  const bytes = each === null ? parseSize('size', values.size) : each * members

  const dir = await mkdtemp(join(tmpdir(), 'bench-export-'))
  const path = bytes <= ON_DISK_MAX_BYTES ? join(dir, 'export.zip') : null
  try {
    await using server = new Helper('export/server.ts')
    await using reader = new Helper(await bundled('export/reader.ts', dir), shippedNodeOptions())
    const url = await server.ask<string>({ bytes, members, each, path } satisfies ServerOrder)
    const unzip = path === null ? null : await unzipSeconds(path, store === 'folder' ? dir : null)
    const figures = await reader.ask<ReaderFigures>({
      url,
      folder: store === 'folder' ? join(dir, 'registry') : null,
    } satisfies ReaderOrder)
    const mib = figures.bytes / MIB
    return {
      store,
      members: figures.members,
      mib: round(mib, 1),
      archiveMib: round(figures.archiveBytes / MIB, 1),
      seconds: round(figures.seconds),
      mibPerSecond: Math.round(mib / figures.seconds),
      cpuSeconds: round(figures.cpuSeconds),
      peakRssMiB: Math.round(figures.peakMiB),
      requests: figures.requests,
      unzipSeconds: unzip === null ? null : round(unzip),
      ratioToUnzip: unzip === null ? null : round(figures.seconds / unzip),
    }
  } finally {
    await rm(dir, { recursive: true, force: true })
  }
}
