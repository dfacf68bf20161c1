import { createLog } from '../../base/log.ts'
import type { Environment } from '../../config/load-config.ts'
import { loadConfig } from '../../config/load-config.ts'
import { startService } from '../../service/start.ts'
import { EXIT } from '../exit.ts'
import { interrupted } from '../interrupted.ts'

/** ECS sends SIGKILL 120 s after SIGTERM at most; what is not done by then is given back long before. */
const DRAIN_MS = 20_000

/** Runs the service until SIGTERM or SIGINT. Throws `config.invalid` and what starting throws. */
export const serve = async (environment: Environment): Promise<number> => {
  const config = loadConfig(environment)
  const log = createLog(config.logLevel)
  const service = await startService(config, { log })
  log.info({ at: service.url, registry: service.registry.url, env: config.env }, 'listening')
  const signal = await interrupted()
  log.info({ signal }, 'stopping: runs under way are finished or given back')
  await service.stop(DRAIN_MS)
  log.info({}, 'stopped')
  return EXIT.ok
}
