import { once } from 'node:events'
import { createServer } from 'node:net'

/** `wanted` when nobody listens there on loopback, else any free port. */
export const freePort = async (wanted: number): Promise<number> => {
  const server = createServer()
  server.listen(wanted, '127.0.0.1')
  try {
    await once(server, 'listening')
    return wanted
  } catch {
    return 0
  } finally {
    server.close()
  }
}
