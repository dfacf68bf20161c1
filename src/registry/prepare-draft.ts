import type { JsonObject } from '../base/json.ts'
import { type PreparedManifest, preparedTopHash, prepareManifest } from '../quilt/render-manifest.ts'
import type { ManifestEntry, ManifestHeader } from '../quilt/types.ts'
import type { Draft, ObjectStore, Revision } from './ports.ts'
import { applyWorkflow } from './workflow.ts'

/**
 * A draft as the manifest it will be, held against the registry's workflow (its id, null for the default, `''` for none).
 * Throws `manifest.invalid`, `workflow.*`, `store.*`.
 */
export const prepareDraft = async (
  { store, workflow: id }: { readonly store: ObjectStore; readonly workflow: string | null },
  draft: Draft,
  signal: AbortSignal,
): Promise<PreparedManifest> => {
  const header = { version: 'v0', user_meta: draft.meta, message: draft.message }
  const base = prepareManifest(header, draft.entries)
  const { entries } = base
  const candidate = { ...draft, meta: base.header.user_meta ?? {}, entries }
  const workflow = await applyWorkflow(store, id, candidate, signal)
  return { header: withWorkflow(base.header, workflow), entries }
}

/** In the order quilt3 writes: version, user_meta, workflow, message. */
const withWorkflow = (header: ManifestHeader, workflow: JsonObject | undefined): ManifestHeader => {
  const { message, ...rest } = header
  return { ...rest, ...(workflow ? { workflow } : {}), message }
}

/** How many files a revision has, and their bytes. */
export const totalsOf = (entries: readonly Pick<ManifestEntry, 'size'>[]) => ({
  files: entries.length,
  bytes: entries.reduce((sum, { size }) => sum + size, 0),
})

/** A revision that differs in its message only is none: compared is the top hash the draft would have with the old one. */
export const saysTheSame = ({ header, entries }: PreparedManifest, current: Revision): boolean =>
  entries.length === current.entries.length &&
  preparedTopHash({ header: { ...header, message: current.header.message }, entries }) === current.topHash
