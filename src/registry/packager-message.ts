import { Fault } from '../base/fault.ts'
import type { Draft } from './ports.ts'

/** The document that is the package's metadata on both roads. */
const METADATA_KEY = 'entry.json'

/**
 * The message that makes Quilt's packager build a revision (quilt-formats.md §5.1), with the fields and in the form of the
 * known system (peer-service.md §2.6). `workflow` only when one is named: the packager takes none for the default, and
 * `''` for none. Throws `internal` for a draft without its metadata document.
 */
export const packagerMessage = (
  its: Pick<Draft, 'name' | 'message' | 'entries'> & {
    readonly bucket: string
    readonly workflow: string | null
  },
): string => {
  const { bucket, name, message, workflow } = its
  if (!its.entries.some(({ logicalKey }) => logicalKey === METADATA_KEY))
    throw new Fault('internal', { package: name, problem: `the draft has no ${METADATA_KEY}` })
  return JSON.stringify({
    source_prefix: `s3://${bucket}/${name}/`,
    registry: bucket,
    package_name: name,
    metadata_uri: METADATA_KEY,
    commit_message: message,
    ...(workflow === null ? {} : { workflow }),
  })
}
