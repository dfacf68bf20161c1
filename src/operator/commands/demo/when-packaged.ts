import type { ErrorCode } from '../../../base/errors.ts'
import { Fault } from '../../../base/fault.ts'
import type { PackageName } from '../../../quilt/types.ts'
import type { Service } from '../../../service/start.ts'

/** Resolves with the package's name at the end of the entry's next run; rejects with the fault that buried it. */
export const whenPackaged = (service: Service, entryId: string): Promise<PackageName> =>
  new Promise((resolve, reject) => {
    const stop = service.onActivity(({ key, kind, summary, code }) => {
      if (key !== `entry:${entryId}`) return
      if (kind === 'done' && summary) {
        stop()
        resolve(String(summary.package) as PackageName)
      } else if (kind === 'buried') {
        stop()
        reject(new Fault((code ?? 'internal') as ErrorCode, { entry: entryId }))
      }
    })
  })
