import type { FastifyInstance } from 'fastify'

/**
 * Makes `close()` end as soon as the last request under way is answered. Left alone it waits for connections that never
 * sent a request, that are kept alive after their last answer, or whose sender never ends a body nobody wants.
 */
export const hangUpOnClose = (app: FastifyInstance): void => {
  let underWay = 0
  let closing = false
  const hangUp = () => {
    if (closing && underWay === 0) app.server.closeAllConnections()
  }
  app.server.on('request', (_request, response) => {
    underWay++
    response.once('close', () => {
      underWay--
      hangUp()
    })
  })
  app.addHook('preClose', (done) => {
    closing = true
    hangUp()
    done()
  })
}
