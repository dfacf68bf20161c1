import { systemClock } from '../../base/clock.ts'
import { createLog, standardOutput } from '../../base/log.ts'
import type { Environment } from '../../config/load-config.ts'
import { loadConfig } from '../../config/load-config.ts'
import { openMetrics } from '../../service/open-metrics.ts'
import { startService } from '../../service/start.ts'
import { EXIT } from '../exit.ts'
import { interrupted } from '../interrupted.ts'

/** Runs the service until SIGTERM or SIGINT. Throws `config.invalid` and what starting throws. */
export const serve = async (environment: Environment): Promise<number> => {
  const config = loadConfig(environment)
  const out = standardOutput()
  const log = createLog(config.logLevel, out)
  const stopped = interrupted()
  const { metrics, url, close } = await openMetrics(config, systemClock, (line) => void out.write(line))
  try {
    if (url) log.info({ at: url }, 'figures can be asked for')
    const service = await startService(config, { log, ...(metrics && { metrics }) })
    log.info({ at: service.url, env: config.env }, 'listening')
    const signal = await stopped
    log.info({ signal }, 'stopping: runs under way are finished or given back')
    await service.stop(config.shutdownMs)
  } finally {
    await close()
  }
  log.info({}, 'stopped')
  return EXIT.ok
}
