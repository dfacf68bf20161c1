import { z } from 'zod'
import type { Clock } from '../base/clock.ts'
import type { Download } from '../base/download.ts'
import { Fault } from '../base/fault.ts'
import { checked } from './answer.ts'
import type { Api } from './api.ts'
import { sanitised } from './detail.ts'
import { SignedDownload } from './download.ts'
import type { DownloadClient } from './download-client.ts'
import { EXPORT_TIMEOUT_MS, POLL_CAP_MS, POLL_FIRST_MS, POLL_GROWTH } from './limits.ts'
import type { Benchling } from './ports.ts'

const START = 'POST /exports'
const TASK = 'GET /tasks/{task_id}'

const started = z.looseObject({ taskId: z.string().min(1) })
const task = z.looseObject({
  status: z.string(),
  message: z.unknown().optional(),
  response: z.looseObject({ downloadURL: z.string().nullish() }).nullish(),
})

type Exports = Pick<Benchling, 'startExport' | 'exportTask' | 'finishedExport'>

/** Export tasks: started, asked for, awaited. An export may be started twice without harm: the older result is unused. */
export const exportsOf = (api: Api, downloads: DownloadClient, clock: Clock): Exports => {
  const startExport: Exports['startExport'] = async (entryId, signal) => {
    const json = await api.call(
      { operation: START, method: 'POST', path: ['exports'], body: { id: entryId }, repeat: 'always' },
      signal,
    )
    return checked(started, START, json).taskId
  }

  const state = async (taskId: string, signal: AbortSignal) => {
    const json = await api
      .call({ operation: TASK, method: 'GET', path: ['tasks', taskId], repeat: 'always' }, signal)
      .catch((thrown: unknown) => {
        // Tasks are forgotten after a while: only a new export helps.
        if (thrown instanceof Fault && thrown.code === 'benchling.not_found')
          throw new Fault(
            'export.link_expired',
            { operation: TASK, reason: 'task unknown' },
            { cause: thrown },
          )
        throw thrown
      })
    return checked(task, TASK, json)
  }

  /** The address of a finished export, null while it runs. */
  const address = async (taskId: string, signal: AbortSignal): Promise<string | null> => {
    const { status, message, response } = await state(taskId, signal)
    if (status === 'SUCCEEDED') {
      if (response?.downloadURL) return response.downloadURL
      throw new Fault('export.failed', { reason: 'succeeded without a link' })
    }
    if (status === 'FAILED') {
      const detail = sanitised(message)
      throw new Fault('export.failed', { status }, detail === undefined ? {} : { detail })
    }
    return null
  }

  const exportTask = async (taskId: string, signal: AbortSignal) => {
    const first = await address(taskId, signal)
    if (first === null) return { status: 'running' } as const
    const renew = async (later: AbortSignal): Promise<string> => {
      const fresh = await address(taskId, later)
      if (fresh === null) throw new Fault('export.link_expired', { reason: 'task runs again' })
      return fresh
    }
    const download: Download = new SignedDownload(downloads, first, renew)
    return { status: 'succeeded', download } as const
  }

  const finishedExport: Exports['finishedExport'] = async (taskId, signal) => {
    const begun = clock.now()
    let pause = POLL_FIRST_MS
    for (let polls = 1; ; polls++) {
      const now = await exportTask(taskId, signal)
      if (now.status === 'succeeded') return { download: now.download, polls }
      const waited = clock.now() - begun
      if (waited >= EXPORT_TIMEOUT_MS) throw new Fault('export.too_slow', { polls, waitedMs: waited })
      await clock.sleep(Math.min(pause, EXPORT_TIMEOUT_MS - waited), signal)
      pause = Math.min(POLL_CAP_MS, pause * POLL_GROWTH)
    }
  }

  return { startExport, exportTask, finishedExport }
}
