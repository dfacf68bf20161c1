import { isIPv4 } from 'node:net'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { ApiError } from '../api-error.ts'
import { PAGE_HEADER, PAGE_HEADER_VALUE } from '../page-contract.ts'

const READS = new Set(['GET', 'HEAD'])

/**
 * Lets only this computer and only the tenant's own page through: the caller's address and the Host are loopback (a
 * rebound name is refused), Origin and Sec-Fetch-Site, where a browser sends them, are ours, and every change carries a
 * header that no other site can send without a preflight.
 */
export const addGuard = (app: FastifyInstance): void => {
  app.addHook('onRequest', async (request) => {
    if (!isLoopback(request.raw.socket.remoteAddress ?? '')) throw refused('from another computer')
    if (!isLoopback(hostName(request))) throw refused('under this host name')
    const { origin } = request.headers
    if (origin !== undefined && origin !== `http://${request.headers.host}`)
      throw refused('from another site')
    const site = request.headers['sec-fetch-site']
    if (site !== undefined && site !== 'same-origin' && site !== 'none') throw refused('from another site')
    if (!READS.has(request.method) && request.headers[PAGE_HEADER] !== PAGE_HEADER_VALUE)
      throw refused(`without ${PAGE_HEADER}`)
  })
}

const refused = (why: string): ApiError =>
  new ApiError(403, 'forbidden', `The simulator is not controlled ${why}.`)

const hostName = (request: FastifyRequest): string =>
  (request.headers.host ?? '').replace(/:\d+$/, '').replace(/^\[|\]$/g, '')

/** 127.0.0.0/8, ::1, also as IPv4-mapped, and the name localhost. */
const isLoopback = (address: string): boolean => {
  const bare = address.replace(/^::ffff:/, '')
  return bare === '::1' || bare === 'localhost' || (isIPv4(bare) && bare.startsWith('127.'))
}
