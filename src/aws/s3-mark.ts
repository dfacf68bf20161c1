/** As `x-amz-meta-benchling-webhook` beside the object: no part of its bytes, checksum or hash. */
const NAME = 'benchling-webhook'

/** User metadata of every file this service stores: so that what a lost run left can be told from what people put there. */
export const MARK: Readonly<Record<string, string>> = { [NAME]: 'content' }

export const isMarked = (metadata: Readonly<Record<string, string>> | undefined): boolean =>
  metadata !== undefined && Object.hasOwn(metadata, NAME)
