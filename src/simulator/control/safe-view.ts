import type { FastifyReply } from 'fastify'
import { disposition } from '../downloads/link-signer.ts'
import { mediaType } from '../media-type.ts'

const SHOWN = new Set(['image/png', 'image/jpeg', 'image/gif', 'image/webp', 'application/pdf'])
const READ_AS_TEXT = /\.(csv|tsv|txt|md|json|jsonl|xml|html?|svg|ya?ml|fasta|fa|fastq|gb|gbk|log|py|r)$/i

/**
 * Headers under which somebody's file can be looked at in the page's own origin: pictures and PDF as what they are,
 * anything readable as plain text, the rest as a download; never guessed, never run.
 */
export const viewSafely = (reply: FastifyReply, name: string): FastifyReply => {
  const type = mediaType(name)
  const shown = SHOWN.has(type) ? type : READ_AS_TEXT.test(name) ? 'text/plain; charset=utf-8' : null
  reply.header('x-content-type-options', 'nosniff')
  reply.header('cache-control', 'no-store')
  // A sandbox would keep the browser's PDF viewer from starting.
  reply.header(
    'content-security-policy',
    `default-src 'none'${type === 'application/pdf' ? '' : '; sandbox'}`,
  )
  if (shown === null) reply.header('content-disposition', disposition(name.split('/').at(-1)!))
  return reply.type(shown ?? 'application/octet-stream')
}
