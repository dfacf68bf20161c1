import type { FastifyInstance } from 'fastify'
import type { Clock } from '../base/clock.ts'
import { CLOSE_WITHIN_MS } from './limits.ts'

/**
 * Makes `close()` end as soon as the last request under way is answered. Left alone it waits for connections that never
 * sent a request, that are kept alive after their last answer, or whose sender never ends a body; Node's own time-outs
 * end with listening. So what is still being sent after `CLOSE_WITHIN_MS` is hung up on.
 */
export const hangUpOnClose = (app: FastifyInstance, clock: Clock): void => {
  let underWay = 0
  let closing = false
  const closed = new AbortController()
  const hangUp = () => app.server.closeAllConnections()
  const hangUpIfIdle = () => {
    if (closing && underWay === 0) hangUp()
  }
  app.server.on('request', (_request, response) => {
    underWay++
    response.once('close', () => {
      underWay--
      hangUpIfIdle()
    })
  })
  app.server.once('close', () => closed.abort())
  app.addHook('preClose', (done) => {
    closing = true
    hangUpIfIdle()
    if (underWay > 0) clock.sleep(CLOSE_WITHIN_MS, closed.signal).then(hangUp, () => {})
    done()
  })
}
