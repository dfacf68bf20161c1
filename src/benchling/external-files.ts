import { z } from 'zod'
import { Fault } from '../base/fault.ts'
import { checked } from './answer.ts'
import type { Api } from './api.ts'
import { dispositionName } from './content-disposition.ts'
import { SignedDownload } from './download.ts'
import type { DownloadClient } from './download-client.ts'
import type { Benchling } from './ports.ts'

const OPERATION = 'GET /entries/{entry_id}/external-files/{external_file_id}'

const answer = z.looseObject({
  externalFile: z.looseObject({
    id: z.string(),
    size: z.number().int().nonnegative().nullish(),
    downloadURL: z.string().min(1),
  }),
})

/**
 * External files of an entry. The v2 API tells no name: it stands in the address (`response-content-disposition`), or
 * the file itself is asked for its first byte. A name that cannot be learnt is null, never a failure.
 */
export const externalFilesOf = (api: Api, downloads: DownloadClient): Pick<Benchling, 'externalFile'> => {
  const ask = async (entryId: string, fileId: string, signal: AbortSignal) => {
    const path = ['entries', entryId, 'external-files', fileId]
    const json = await api.call({ operation: OPERATION, method: 'GET', path, repeat: 'always' }, signal)
    return checked(answer, OPERATION, json).externalFile
  }

  return {
    externalFile: async (entryId, fileId, signal) => {
      const { id, size, downloadURL } = await ask(entryId, fileId, signal)
      const renew = async (later: AbortSignal) => (await ask(entryId, fileId, later)).downloadURL
      const download = new SignedDownload(downloads, downloadURL, renew)
      const name = nameInAddress(downloadURL)
      if (name !== null) return { id, size: size ?? null, name, download }
      const told = await firstByte(download, signal)
      return { id, size: size ?? told?.total ?? null, name: told?.name ?? null, download }
    },
  }
}

const nameInAddress = (address: string): string | null => {
  if (!URL.canParse(address)) return null
  const query = new URL(address).searchParams
  return dispositionName(query.get('response-content-disposition') ?? query.get('rscd'))
}

const firstByte = async (download: SignedDownload, signal: AbortSignal) => {
  try {
    const opened = await download.open({ start: 0, end: 0 }, signal)
    opened.cancel()
    return { name: dispositionName(opened.disposition), total: opened.total }
  } catch (thrown) {
    if (thrown instanceof Fault && thrown.code.startsWith('export.')) return null
    throw thrown
  }
}
