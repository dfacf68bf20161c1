import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv'
import type { Json } from '../base/json.ts'
import { decodePercent } from '../quilt/percent.ts'
import { fileUrl, parsePhysicalKey, s3Url } from '../quilt/physical-key.ts'
import type { ObjectStore } from './ports.ts'
import { configInvalid, type WorkflowConfig } from './workflow-config.ts'

const DRAFT_7 = /^http:\/\/json-schema\.org\/draft-07\/schema#?$/

/** A schema as it was read: `url` names the very version, for the header. `check` gives the first problem, or null. */
export type LoadedSchema = { readonly url: string; readonly check: (data: Json) => string | null }

/** Loads a schema of the configuration. Throws `workflow.config_invalid` when it is missing or no JSON Schema draft 7. */
export const loadSchema = async (
  store: ObjectStore,
  config: WorkflowConfig,
  id: string,
  signal: AbortSignal,
): Promise<LoadedSchema> => {
  const entry = Object.hasOwn(config.schemas, id) ? config.schemas[id] : undefined
  if (!entry) throw configInvalid(`There is no '${id}' in schemas`)
  const { bytes, url } = await fetchSchema(store, id, entry.url, signal)
  return { url, check: compile(id, bytes) }
}

const fetchSchema = async (store: ObjectStore, id: string, url: string, signal: AbortSignal) => {
  const key = parsePhysicalKey(url)
  if (key.scheme === 'file' && store.url.startsWith('s3:'))
    throw configInvalid(`Schema '${id}' is a local file, the registry is not`)
  if (key.scheme === 's3' && key.versionId !== null) {
    const bytes = Buffer.concat(await Array.fromAsync(store.open(url, signal)))
    return { bytes, url: s3Url(key.bucket, key.key, key.versionId) }
  }
  const bare = key.scheme === 's3' ? s3Url(key.bucket, key.key) : fileUrl(key.path)
  if (!bare.startsWith(`${store.url}/`))
    throw configInvalid(`Schema '${id}' lies outside the registry: add its versionId, or move it`)
  const stored = await store.read(decodePercent(bare.slice(store.url.length + 1)), signal)
  if (!stored) throw configInvalid(`Schema '${id}' does not exist`)
  return { bytes: stored.bytes, url: stored.physicalKey }
}

/** As quilt3 validates: draft 7 only, formats not asserted, unknown keywords ignored, no references. */
const compile = (id: string, bytes: Buffer): LoadedSchema['check'] => {
  let schema: Json
  try {
    schema = JSON.parse(bytes.toString())
  } catch (cause) {
    throw configInvalid(`Schema '${id}' is not JSON`, cause)
  }
  const stated = isObject(schema) ? schema.$schema : undefined
  if (stated !== undefined && !(typeof stated === 'string' && DRAFT_7.test(stated)))
    throw configInvalid(`Schema '${id}' is not JSON Schema draft 7`)
  if (hasReference(schema)) throw configInvalid(`Schema '${id}' uses $ref, which Quilt does not support`)
  let validate: ValidateFunction
  try {
    validate = new Ajv({
      strict: false,
      validateFormats: false,
      unicodeRegExp: false,
      logger: false,
    }).compile(schema as object)
  } catch (cause) {
    throw configInvalid(`Schema '${id}' is not a valid JSON Schema`, cause)
  }
  return (data) => (validate(data) ? null : describe(validate.errors?.[0]))
}

const isObject = (value: Json | undefined): value is { readonly [key: string]: Json } =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const hasReference = (schema: Json): boolean => {
  if (Array.isArray(schema)) return schema.some(hasReference)
  if (!isObject(schema)) return false
  return typeof schema.$ref === 'string' || Object.values(schema).some(hasReference)
}

/** In quilt3's words where the commonest problem is concerned, in Ajv's with the place of the value otherwise. */
const describe = (error: ErrorObject | undefined): string => {
  if (!error) return 'it is not valid under the given schema'
  if (error.keyword === 'required') return `'${error.params.missingProperty}' is a required property`
  const at = error.instancePath ? `${error.instancePath.slice(1).replaceAll('/', '.')} ` : ''
  return `${at}${error.message ?? error.keyword}`
}
