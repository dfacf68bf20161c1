import { createLog } from '../../base/log.ts'
import type { Environment } from '../../config/load-config.ts'
import { loadConfig } from '../../config/load-config.ts'
import { startService } from '../../service/start.ts'
import { EXIT } from '../exit.ts'
import { interrupted } from '../interrupted.ts'

/** Runs the service until SIGTERM or SIGINT. Throws `config.invalid` and what starting throws. */
export const serve = async (environment: Environment): Promise<number> => {
  const config = loadConfig(environment)
  const log = createLog(config.logLevel)
  const stopped = interrupted()
  const service = await startService(config, { log })
  log.info({ at: service.url, env: config.env }, 'listening')
  const signal = await stopped
  log.info({ signal }, 'stopping: runs under way are finished or given back')
  await service.stop(config.shutdownMs)
  log.info({}, 'stopped')
  return EXIT.ok
}
