import { parse } from 'yaml'
import { z } from 'zod'
import { Fault } from '../base/fault.ts'

const VERSION = /^[1-9][0-9]*(\.(0|[1-9][0-9]*)){0,2}$/
/** The newest configuration quilt3 understands; a newer one may hold rules that we would pass over. */
const NEWEST = [1, 1, 0] as const

const version = z.string().regex(VERSION)
const id = z
  .string()
  .regex(/^[A-Za-z_-][A-Za-z0-9_-]*$/)
  .max(64)

const workflow = z.strictObject({
  name: z.string(),
  description: z.string().optional(),
  handle_pattern: z.string().optional(),
  metadata_schema: z.string().optional(),
  entries_schema: z.string().optional(),
  is_message_required: z.boolean().default(false),
  catalog: z.unknown().optional(),
})

const config = z.looseObject({
  version: z.union([version, z.looseObject({ base: version })]),
  workflows: z.record(id, workflow).refine((all) => Object.keys(all).length > 0, 'at least one workflow'),
  schemas: z.record(z.string(), z.looseObject({ url: z.string() })).default({}),
  default_workflow: z.string().optional(),
  is_workflow_required: z.boolean().default(true),
})

export type WorkflowConfig = z.infer<typeof config>
export type Workflow = z.infer<typeof workflow>

/** Reads `.quilt/workflows/config.yml` by the rules of quilt-formats.md §4.4. Throws `workflow.config_invalid`. */
export const parseWorkflowConfig = (bytes: Uint8Array): WorkflowConfig => {
  const read = config.safeParse(parseYaml(bytes))
  if (!read.success) {
    const [issue] = read.error.issues
    throw configInvalid(`${issue?.path.join('.') || 'the file'}: ${issue?.message ?? 'not valid'}`)
  }
  const stated = typeof read.data.version === 'string' ? read.data.version : read.data.version.base
  if (isNewer(stated)) throw configInvalid(`version ${stated} is newer than ${NEWEST.join('.')}`)
  return read.data
}

/** `detail` is for the person who keeps the configuration. */
export const configInvalid = (detail: string, cause?: unknown): Fault =>
  new Fault('workflow.config_invalid', {}, { detail: `${detail}.`, cause })

/** YAML 1.1, as quilt3 reads it (`yes` is true). */
const parseYaml = (bytes: Uint8Array): unknown => {
  try {
    return parse(Buffer.from(bytes).toString(), { version: '1.1', logLevel: 'error' })
  } catch (cause) {
    throw configInvalid('it is not YAML', cause)
  }
}

const isNewer = (stated: string): boolean => {
  const parts = stated.split('.').map(Number)
  for (const [at, newest] of NEWEST.entries()) {
    const part = parts[at] ?? 0
    if (part !== newest) return part > newest
  }
  return false
}
