import { Readable } from 'node:stream'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { ByteSource } from '../archive/byte-source.ts'
import type { TenantContext } from '../context.ts'
import { byteRange } from './byte-range.ts'
import { disposition } from './link-signer.ts'
import { s3Error } from './s3-error.ts'

type File = { readonly content: ByteSource; readonly etag: string; readonly type: string }

/** The download host: S3 as a presigned link shows it. Links are checked like S3 does; nothing else gives access. */
export const addDownloadRoutes = (app: FastifyInstance, tenant: TenantContext): void => {
  const { exports, entries, links, faults, clock } = tenant
  let changes = 0

  const refuse = (reply: FastifyReply, status: number, code: string, message: string) =>
    reply.code(status).type('application/xml').send(s3Error(code, message))

  const answer = (request: FastifyRequest, reply: FastifyReply, find: () => File | null) => {
    if (request.headers.authorization !== undefined)
      return refuse(reply, 400, 'InvalidArgument', 'Only one auth mechanism allowed.')
    const url = new URL(request.url, tenant.origin())
    const link = links.check(url.pathname, url.searchParams, clock.now())
    if (link === 'forged') return refuse(reply, 403, 'SignatureDoesNotMatch', 'The signature does not match.')
    if (link === 'expired') return refuse(reply, 403, 'AccessDenied', 'Request has expired')
    const file = find()
    if (!file) return refuse(reply, 404, 'NoSuchKey', 'The specified key does not exist.')
    const etag = faults.strikes('changed-archive') ? `${file.etag}${++changes}` : file.etag
    const name = url.searchParams.get('response-content-disposition')
    reply.type(file.type).header('etag', `"${etag}"`)
    reply.header('content-disposition', name ?? disposition('file'))
    return send(request, reply, file.content)
  }

  const send = (request: FastifyRequest, reply: FastifyReply, content: ByteSource) => {
    const { size } = content
    const ranges = !faults.strikes('no-ranges')
    const range = ranges ? byteRange(request.headers.range, size) : 'whole'
    if (ranges) reply.header('accept-ranges', 'bytes')
    if (range === 'unsatisfiable') {
      reply.header('content-range', `bytes */${size}`)
      return refuse(reply, 416, 'InvalidRange', 'The requested range is not satisfiable')
    }
    const { start, end } = range === 'whole' ? { start: 0, end: size } : range
    if (range !== 'whole') reply.code(206).header('content-range', `bytes ${start}-${end - 1}/${size}`)
    reply.header('content-length', end - start)
    const drop = faults.strikes('dropped-connections')
    return reply.send(Readable.from(drop ? breaking(content, start, end) : content.read(start, end)))
  }

  app.get<{ Params: { file: string } }>('/download/exports/:file', (request, reply) =>
    answer(request, reply, () => {
      const id = request.params.file.replace(/\.zip$/, '')
      const task = exports.list().find((known) => known.id === id)
      if (task?.state.status !== 'SUCCEEDED') return null
      return { content: task.state.archive, etag: task.state.etag, type: 'application/zip' }
    }),
  )
  app.get<{ Params: { entry: string; file: string } }>('/download/files/:entry/:file', (request, reply) =>
    answer(request, reply, () => {
      const entry = entries.list().find(({ api }) => api.id === request.params.entry)
      const file = entry?.attachments.get(request.params.file)
      return file ? { content: file.content, etag: file.id, type: file.type } : null
    }),
  )
  // The method is part of what a presigned link signs: HEAD with a GET link is refused.
  app.head('/download/*', (_request, reply) => reply.code(403).send())
}

/** The first half, then the connection breaks. */
function* breaking(content: ByteSource, start: number, end: number): Generator<Uint8Array> {
  yield* content.read(start, start + Math.floor((end - start) / 2))
  throw new Error('simulated: the connection breaks')
}
