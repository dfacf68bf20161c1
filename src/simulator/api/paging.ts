import { badRequest } from '../api-error.ts'

/** benchling-platform.md §4.1. */
const PAGE_SIZE = 50
const PAGE_MAX = 100

/** One page of a list, and the token of the next: an empty string at the end. */
export const page = <T>(items: readonly T[], query: { pageSize?: string; nextToken?: string }) => {
  const size = query.pageSize === undefined ? PAGE_SIZE : Number(query.pageSize)
  if (!Number.isInteger(size) || size < 1 || size > PAGE_MAX) throw badRequest('pageSize must be 1 to 100.')
  const start = query.nextToken ? fromToken(query.nextToken) : 0
  const end = start + size
  return { items: items.slice(start, end), nextToken: end < items.length ? token(end) : '' }
}

const token = (offset: number): string => Buffer.from(`page:${offset}`).toString('base64url')

const fromToken = (text: string): number => {
  const offset = /^page:(\d+)$/.exec(Buffer.from(text, 'base64url').toString())?.[1]
  if (offset === undefined) throw badRequest('nextToken is not valid.')
  return Number(offset)
}
