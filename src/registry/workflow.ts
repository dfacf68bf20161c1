import { Fault } from '../base/fault.ts'
import type { JsonObject } from '../base/json.ts'
import type { ManifestEntry, PackageName } from '../quilt/types.ts'
import { CONFIG_KEY } from './layout.ts'
import type { ObjectStore } from './ports.ts'
import { configInvalid, parseWorkflowConfig, type Workflow, type WorkflowConfig } from './workflow-config.ts'
import { loadSchema } from './workflow-schema.ts'

/** What a workflow looks at; entries in walk order. */
export type Candidate = {
  readonly name: PackageName
  readonly message: string
  readonly meta: JsonObject
  readonly entries: readonly ManifestEntry[]
}

/**
 * Holds a candidate against the registry's workflow and gives the header's `workflow`; undefined when there is no
 * configuration and none was asked for. `chosen` is an id, null for the default, `''` for explicitly none. The rules, their
 * order and their words are quilt3's (quilt-formats.md §4.4): nothing on the registry's side enforces them.
 * Throws `workflow.unknown`, `workflow.config_invalid`, `workflow.rejected`.
 */
export const applyWorkflow = async (
  store: ObjectStore,
  chosen: string | null,
  candidate: Candidate,
  signal: AbortSignal,
): Promise<JsonObject | undefined> => {
  const stored = await store.read(CONFIG_KEY, signal)
  if (!stored) {
    if (chosen === null) return undefined
    throw unknown(`'${chosen}' workflow is specified, but no workflows config exist.`)
  }
  const config = parseWorkflowConfig(stored.bytes)
  const id = chosen === null ? (config.default_workflow ?? null) : chosen || null
  if (id === null) {
    if (config.is_workflow_required) throw unknown('Workflow required, but none specified.')
    return { id: null, config: stored.physicalKey }
  }
  if (!Object.hasOwn(config.workflows, id)) throw unknown(`There is no '${id}' workflow in config.`)
  const workflow = config.workflows[id]!
  checkMessage(workflow, candidate.message)
  checkName(workflow, candidate.name)
  const schemas = {
    ...(await checkMetadata(store, config, workflow, candidate, signal)),
    ...(await checkEntries(store, config, workflow, candidate, signal)),
  }
  return { id, config: stored.physicalKey, ...(Object.keys(schemas).length > 0 ? { schemas } : {}) }
}

const unknown = (detail: string): Fault => new Fault('workflow.unknown', {}, { detail })
const rejected = (detail: string): Fault => new Fault('workflow.rejected', {}, { detail })

const checkMessage = (workflow: Workflow, message: string): void => {
  if (workflow.is_message_required && message === '')
    throw rejected('Commit message is required by workflow, but none was provided.')
}

const checkName = ({ handle_pattern }: Workflow, name: PackageName): void => {
  if (handle_pattern === undefined) return
  let pattern: RegExp
  try {
    pattern = new RegExp(handle_pattern)
  } catch (cause) {
    throw configInvalid('handle_pattern is not a regular expression', cause)
  }
  if (!pattern.test(name)) throw rejected("Package name doesn't match required pattern.")
}

const checkMetadata = async (
  store: ObjectStore,
  config: WorkflowConfig,
  { metadata_schema: id }: Workflow,
  { meta }: Candidate,
  signal: AbortSignal,
): Promise<Record<string, string>> => {
  if (id === undefined) return {}
  const schema = await loadSchema(store, config, id, signal)
  const problem = schema.check(meta)
  if (problem) throw rejected(`Metadata failed validation: ${problem}.`)
  return { [id]: schema.url }
}

const checkEntries = async (
  store: ObjectStore,
  config: WorkflowConfig,
  { entries_schema: id }: Workflow,
  { entries }: Candidate,
  signal: AbortSignal,
): Promise<Record<string, string>> => {
  if (id === undefined) return {}
  const schema = await loadSchema(store, config, id, signal)
  const listing = entries.map(({ logicalKey, size, meta }) => ({
    logical_key: logicalKey,
    size,
    meta: meta.user_meta ?? {},
  }))
  const problem = schema.check(listing)
  if (problem) throw rejected(`Package entries failed validation: ${problem}.`)
  return { [id]: schema.url }
}
