import { existsSync, readFileSync } from 'node:fs'
import { Ajv2019, type ValidateFunction } from 'ajv/dist/2019.js'
import addFormats from 'ajv-formats'

/** Benchling's own v2 description, where the shared material is present. It is not part of this repository. */
const FILE = new URL('../../../shared/specs/benchling-v2.openapi.json', import.meta.url)

export type OpenApiValidator = {
  /** Problems of a request; `path` with or without `/api/v2`, `body` parsed (a form as an object). */
  checkRequest(method: string, path: string, query: Readonly<Record<string, string>>, body: unknown): string[]
  checkResponse(method: string, path: string, status: number, body: unknown): string[]
}

type Schema = Record<string, unknown>
type Parameter = { name: string; in: string; required?: boolean; schema?: Schema; $ref?: string }
type Content = { content?: Record<string, { schema?: Schema }> }
type Found = {
  parameters?: Parameter[]
  requestBody?: Content & { required?: boolean }
  responses: Record<string, Content>
}
type Description = {
  paths: Record<string, Record<string, Found> & { parameters?: Parameter[] }>
  components: { schemas: Record<string, Schema>; parameters?: Record<string, Parameter> }
}

const ROOT = 'benchling'
/** Formats with one meaning everywhere; `isoformat`, `bytes` and other inventions are not checked. */
const FORMATS = new Set(['date', 'date-time', 'uuid', 'uri'])
const KEPT = [
  'type',
  'enum',
  'required',
  'minLength',
  'maxLength',
  'pattern',
  'minimum',
  'maximum',
  'minItems',
  'maxItems',
  'uniqueItems',
  'minProperties',
  'maxProperties',
]
const METHODS = ['get', 'post', 'patch', 'put', 'delete']

let validator: OpenApiValidator | null | undefined

/** Checks requests and answers against Benchling's OpenAPI file; null where the file is absent. Built once. */
export const openApiValidator = (): OpenApiValidator | null => {
  validator ??= existsSync(FILE) ? build(JSON.parse(readFileSync(FILE, 'utf8')) as Description) : null
  return validator
}

const build = (description: Description): OpenApiValidator => {
  const ajv = new Ajv2019({ strict: false, allErrors: true, logger: false })
  addFormats.default(ajv)
  ajv.addSchema({ $id: ROOT, $defs: definitions(description.components.schemas) })
  const compiled = new Map<Schema, ValidateFunction>()
  const problemsOf = (schema: Schema, value: unknown, where: string): string[] => {
    const validate = compiled.get(schema) ?? ajv.compile(convert(schema, false) as object)
    compiled.set(schema, validate)
    if (validate(value)) return []
    return (validate.errors ?? []).map(
      (e) => `${where}${e.instancePath} ${e.message} ${JSON.stringify(e.params)}`,
    )
  }

  const routes = Object.entries(description.paths)
    .map(([template, item]) => ({ item, template, match: matcher(template) }))
    .sort((a, b) => count(a.template) - count(b.template))
  const find = (method: string, path: string) => {
    const bare = path.replace(/^\/api\/v2(?=\/)/, '')
    const route = routes.find(({ match, item }) => match.test(bare) && item[method.toLowerCase()])
    const operation =
      route && METHODS.includes(method.toLowerCase()) ? route.item[method.toLowerCase()] : null
    return operation && route ? { operation, shared: route.item.parameters ?? [] } : null
  }

  return {
    checkRequest: (method, path, query, body) => {
      const found = find(method, path)
      if (!found) return [`there is no ${method} ${path}`]
      const { operation, shared } = found
      const parameters = [...shared, ...(operation.parameters ?? [])]
        .map((p) => (p.$ref ? description.components.parameters?.[nameOf(p.$ref)] : p))
        .filter((p) => p?.in === 'query') as Parameter[]
      const known = new Map(parameters.map((p) => [p.name, p]))
      const problems = Object.entries(query).flatMap(([name, text]) => {
        const parameter = known.get(name)
        if (!parameter) return [`query ${name} is not known`]
        return parameter.schema
          ? problemsOf(parameter.schema, typed(text, parameter.schema), `query ${name}`)
          : []
      })
      for (const p of parameters)
        if (p.required && !(p.name in query)) problems.push(`query ${p.name} is missing`)
      const schema = schemaIn(operation.requestBody)
      if (!operation.requestBody)
        return body === undefined ? problems : [...problems, 'a body is not expected']
      if (body === undefined) return [...problems, 'a body is missing']
      return schema ? [...problems, ...problemsOf(schema, body, 'body')] : problems
    },

    checkResponse: (method, path, status, body) => {
      const found = find(method, path)
      if (!found) return [`there is no ${method} ${path}`]
      const answer = found.operation.responses[String(status)] ?? found.operation.responses.default
      if (answer) {
        const schema = schemaIn(answer)
        return schema ? problemsOf(schema, body, `answer ${status}`) : []
      }
      // Statuses such as 401, 429 and 5xx are listed nowhere, but every error of the API has one form.
      return status >= 400
        ? problemsOf(ANY_ERROR, body, `answer ${status}`)
        : [`status ${status} is not known`]
    },
  }
}

const ANY_ERROR: Schema = {
  type: 'object',
  required: ['error'],
  properties: {
    error: {
      type: 'object',
      required: ['message', 'type'],
      properties: { message: { type: 'string' }, type: { type: 'string' }, userMessage: { type: 'string' } },
    },
  },
}

const matcher = (template: string): RegExp =>
  new RegExp(
    `^${template
      .split(/(\{[^}]+\})/)
      .map((part) => (part.startsWith('{') ? '[^/]+?' : part.replace(/[.*+?^$()|[\]\\]/g, '\\$&')))
      .join('')}$`,
  )

const count = (template: string): number => template.split('{').length

const schemaIn = (holder: Content | undefined): Schema | undefined =>
  Object.values(holder?.content ?? {}).find((c) => c.schema)?.schema

const nameOf = (ref: string): string => ref.slice(ref.lastIndexOf('/') + 1)

const typed = (text: string, schema: Schema): unknown => {
  if (schema.type === 'integer' || schema.type === 'number') return Number(text)
  if (schema.type === 'boolean') return text === 'true' ? true : text === 'false' ? false : text
  if (schema.type === 'array') return text.split(',')
  return text
}

/** Every schema twice: as it is, and open for use inside `allOf`, where a closed part would forbid its siblings. */
const definitions = (schemas: Record<string, Schema>): Schema =>
  Object.fromEntries(
    Object.entries(schemas).flatMap(([name, schema]) => [
      [name, convert(schema, false)],
      [`${name}.open`, convert(schema, true)],
    ]),
  )

/** An OpenAPI 3.0 schema as JSON Schema 2019-09: `nullable`, references, closed unions; discriminators are left out. */
const convert = (schema: Schema, open: boolean): Schema => {
  if (typeof schema.$ref === 'string')
    return { $ref: `${ROOT}#/$defs/${nameOf(schema.$ref)}${open ? '.open' : ''}` }
  const parts = list(schema.allOf)
  const nullable =
    schema.nullable === true || parts.some((part) => !part.$ref && part.nullable === true && !part.type)
  const either = [...list(schema.oneOf), ...list(schema.anyOf)]
  const combined = parts.length > 0 || either.length > 0
  const result: Schema = Object.fromEntries(KEPT.filter((k) => k in schema).map((k) => [k, schema[k]]))
  if (FORMATS.has(String(schema.format))) result.format = schema.format
  if (schema.properties)
    result.properties = Object.fromEntries(
      Object.entries(schema.properties as Record<string, Schema>).map(([k, s]) => [k, convert(s, false)]),
    )
  if (schema.items) result.items = convert(schema.items as Schema, false)
  if (parts.length > 0) result.allOf = parts.map((part) => convert({ ...part, nullable: false }, true))
  if (either.length > 0) result.anyOf = either.map((part) => convert(part, open))
  const more = schema.additionalProperties
  if (more === false && !open) result[combined ? 'unevaluatedProperties' : 'additionalProperties'] = false
  else if (typeof more === 'object' && more !== null)
    result.additionalProperties = convert(more as Schema, false)
  return nullable ? { anyOf: [{ type: 'null' }, result] } : result
}

const list = (value: unknown): Schema[] => (Array.isArray(value) ? (value as Schema[]) : [])
