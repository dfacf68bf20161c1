import { z } from 'zod'
import { isPackageName } from '../quilt/names.ts'
import { asTopHash } from '../quilt/top-hash.ts'
import type { PackageName, TopHash } from '../quilt/types.ts'

/** A package has a new revision. `at` is when its pointer was written, ms since the epoch, exact to the second. */
export type PackageEvent = {
  readonly bucket: string
  readonly name: PackageName
  readonly topHash: TopHash
  readonly at: number
}

const envelope = z.looseObject({
  source: z.literal('com.quiltdata'),
  'detail-type': z.literal('package-revision'),
  time: z.iso.datetime({ offset: true }),
  detail: z.looseObject({
    type: z.literal('created'),
    bucket: z.string().regex(/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/),
    handle: z.string(),
    topHash: z.string(),
  }),
})

/** Reads an EventBridge envelope (quilt-formats.md §6). Null for whatever is not understood. */
export const readPackageEvent = (body: string): PackageEvent | null => {
  const read = envelope.safeParse(parse(body))
  if (!read.success) return null
  const { bucket, handle, topHash: hash } = read.data.detail
  const topHash = asTopHash(hash)
  if (!topHash || !isPackageName(handle)) return null
  return { bucket, name: handle, topHash, at: Date.parse(read.data.time) }
}

const parse = (body: string): unknown => {
  try {
    return JSON.parse(body)
  } catch {
    return null
  }
}
