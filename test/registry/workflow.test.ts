import { describe, expect, it } from 'vitest'
import type { JsonObject } from '../../src/base/json.ts'
import { parseManifest } from '../../src/quilt/parse-manifest.ts'
import { createRegistry } from '../../src/registry/registry.ts'
import { manifestsOf, vectorJson } from '../quilt/vectors.ts'
import { FakeClock } from '../support/clock.ts'
import { MemoryStore } from './memory-store.ts'
import { draftOf, NAME, signal } from './support.ts'

const CONFIG = `
version: "1"
default_workflow: eln
workflows:
  eln:
    name: Notebook
    is_message_required: yes
    handle_pattern: ^benchling/EXP
    metadata_schema: exp
    entries_schema: ent
  free:
    name: Free
schemas:
  exp: {url: s3://quilt-vectors/schemas/exp.json}
  ent: {url: s3://quilt-vectors/schemas/entries.json}
`
const EXP = {
  $schema: 'http://json-schema.org/draft-07/schema#',
  type: 'object',
  required: ['experiment_id'],
  properties: { experiment_id: { type: 'string' }, when: { format: 'date' } },
}
const ENT = {
  type: 'array',
  contains: { properties: { logical_key: { const: 'README.md' }, size: { minimum: 1 } } },
}
const GOOD = { experiment_id: 'EXP1' }
const FILES = { 'README.md': 'hello' }

const setUp = async (
  config: string | null,
  workflow: string | null,
  schemas: Record<string, unknown> = {},
) => {
  const store = new MemoryStore('quilt-vectors')
  const write = (key: string, text: string) => store.write(key, Buffer.from(text), null, signal)
  if (config !== null) await write('.quilt/workflows/config.yml', config)
  await write('schemas/exp.json', JSON.stringify(schemas.exp ?? EXP))
  await write('schemas/entries.json', JSON.stringify(schemas.ent ?? ENT))
  return { store, registry: createRegistry(store, new FakeClock(), { workflow }) }
}
type Case = {
  config?: string | null
  workflow?: string | null
  message?: string
  meta?: JsonObject
  files?: Record<string, string>
  schemas?: Record<string, unknown>
}
const publish = async ({
  config = CONFIG,
  workflow = null,
  message = 'm',
  meta = GOOD,
  files = FILES,
  schemas,
}: Case) => {
  const { registry } = await setUp(config, workflow, schemas)
  await registry.publish(await draftOf(registry, files, message, meta), signal)
  return (await registry.current(NAME, signal))!.header
}

describe('A workflow', () => {
  it('is stamped into the header with the versions that were read', async () => {
    expect(await publish({})).toEqual({
      version: 'v0',
      user_meta: GOOD,
      workflow: {
        id: 'eln',
        config: 's3://quilt-vectors/.quilt/workflows/config.yml?versionId=v1',
        schemas: {
          exp: 's3://quilt-vectors/schemas/exp.json?versionId=v2',
          ent: 's3://quilt-vectors/schemas/entries.json?versionId=v3',
        },
      },
      message: 'm',
    })
  })

  it('gives the very top hash that quilt3 gave', async () => {
    const vector = vectorJson<{ top_hash: string }>('v13-workflow/vector.json')
    const read = parseManifest(manifestsOf('v13-workflow')[0]!.bytes)
    const { config, schemas } = read.header.workflow as { config: string; schemas: Record<string, string> }
    const store = new MemoryStore('quilt-vectors')
    const write = (url: string, text: string) => {
      const { pathname, searchParams } = new URL(url)
      store.nextVersion = searchParams.get('versionId')
      return store.write(pathname.slice(1), Buffer.from(text), null, signal)
    }
    await write(config, CONFIG)
    await write(schemas.exp!, JSON.stringify(EXP))
    await write(schemas.ent!, JSON.stringify(ENT))
    const registry = createRegistry(store, new FakeClock(), { workflow: 'eln' })
    const given = { name: NAME, run: 'run-1', message: 'with workflow', meta: GOOD }
    const draft = { ...given, entries: read.entries, current: null }
    expect((await registry.publish(draft, signal)).topHash).toBe(vector.top_hash)
  })

  it('makes a revision of its own when the configuration changed, and none when it did not', async () => {
    const { store, registry } = await setUp(CONFIG, null)
    const publishAgain = async () => registry.publish(await draftOf(registry, FILES, 'm', GOOD), signal)
    expect((await publishAgain()).status).toBe('published')
    expect((await publishAgain()).status).toBe('unchanged')
    await store.write('.quilt/workflows/config.yml', Buffer.from(`${CONFIG}# edited\n`), null, signal)
    expect((await publishAgain()).status).toBe('published')
  })

  it.each<[string, Case, JsonObject | undefined]>([
    ['is absent where there is no configuration', { config: null }, undefined],
    ['is the chosen one', { workflow: 'free', meta: {} }, { id: 'free' }],
    [
      'is null where none is required',
      { config: CONFIG.replace('default_workflow: eln', 'is_workflow_required: false') },
      { id: null },
    ],
    [
      'is null when explicitly none is wanted',
      { workflow: '', config: `${CONFIG}is_workflow_required: false\n` },
      { id: null },
    ],
    [
      'takes versions as a pair',
      { config: CONFIG.replace('"1"', '{base: "1.1.0", catalog: "1.0.0"}') },
      { id: 'eln' },
    ],
    ['does not assert formats', { meta: { ...GOOD, when: 'yesterday' } }, { id: 'eln' }],
  ])('%s', async (_, given, expected) => {
    const { workflow } = await publish(given)
    expect(workflow).toEqual(
      expected && { config: expect.stringContaining('config.yml?versionId=v1'), ...workflow, ...expected },
    )
  })

  it.each<[string, Case, string, string]>([
    [
      'no message',
      { message: '', meta: {} },
      'rejected',
      'Commit message is required by workflow, but none was provided.',
    ],
    [
      'a name that does not fit',
      { config: CONFIG.replace('^benchling', '^other'), meta: {} },
      'rejected',
      "Package name doesn't match required pattern.",
    ],
    [
      'metadata without a key',
      { meta: {}, files: {} },
      'rejected',
      "Metadata failed validation: 'experiment_id' is a required property.",
    ],
    [
      'metadata of another type',
      { meta: { experiment_id: 1 } },
      'rejected',
      'Metadata failed validation: experiment_id must be string.',
    ],
    [
      'entries that lack a file',
      { files: { 'data.csv': 'x' } },
      'rejected',
      'Package entries failed validation: must contain at least 1 valid item(s).',
    ],
    [
      'entries with an empty file',
      { files: { 'README.md': '' } },
      'rejected',
      'Package entries failed validation: must contain at least 1 valid item(s).',
    ],
    ['an unknown workflow', { workflow: 'nope' }, 'unknown', "There is no 'nope' workflow in config."],
    [
      'a name every object has',
      { workflow: 'constructor' },
      'unknown',
      "There is no 'constructor' workflow in config.",
    ],
    [
      'no configuration',
      { workflow: 'alpha', config: null },
      'unknown',
      "'alpha' workflow is specified, but no workflows config exist.",
    ],
    [
      'no choice where one is required',
      { config: CONFIG.replace('default_workflow: eln', '') },
      'unknown',
      'Workflow required, but none specified.',
    ],
    [
      'explicitly none where one is required',
      { workflow: '' },
      'unknown',
      'Workflow required, but none specified.',
    ],
    ['no YAML', { config: 'a: [' }, 'config_invalid', 'it is not YAML.'],
    [
      'a number for a version',
      { config: CONFIG.replace('"1"', '1') },
      'config_invalid',
      'version: Invalid input.',
    ],
    [
      'a newer version',
      { config: CONFIG.replace('"1"', '"1.2"') },
      'config_invalid',
      'version 1.2 is newer than 1.1.0.',
    ],
    [
      'no workflows',
      { config: 'version: "1"\nworkflows: {}' },
      'config_invalid',
      'workflows: at least one workflow.',
    ],
    [
      'a rule it does not know',
      { config: CONFIG.replace('name: Free', 'name: Free\n    is_reviewed: true') },
      'config_invalid',
      'workflows.free: Unrecognized key: "is_reviewed".',
    ],
    [
      'an unknown schema',
      { config: CONFIG.replace('metadata_schema: exp', 'metadata_schema: nope') },
      'config_invalid',
      "There is no 'nope' in schemas.",
    ],
    [
      'a schema that is gone',
      { config: CONFIG.replace('exp.json', 'gone.json') },
      'config_invalid',
      "Schema 'exp' does not exist.",
    ],
    [
      'a schema elsewhere',
      { config: CONFIG.replace('quilt-vectors/schemas/exp', 'other/exp') },
      'config_invalid',
      "Schema 'exp' lies outside the registry: add its versionId, or move it.",
    ],
    [
      'a local schema',
      { config: CONFIG.replace('s3://quilt-vectors/schemas/exp', 'file:///exp') },
      'config_invalid',
      "Schema 'exp' is a local file, the registry is not.",
    ],
    [
      'another draft',
      { schemas: { exp: { $schema: 'https://json-schema.org/draft/2020-12/schema' } } },
      'config_invalid',
      "Schema 'exp' is not JSON Schema draft 7.",
    ],
    [
      'references',
      { schemas: { exp: { properties: { a: { $ref: '#/definitions/a' } } } } },
      'config_invalid',
      "Schema 'exp' uses $ref, which Quilt does not support.",
    ],
    [
      'a schema that is none',
      { schemas: { exp: { type: 'nonsense' } } },
      'config_invalid',
      "Schema 'exp' is not a valid JSON Schema.",
    ],
    [
      'a pattern that is none',
      { config: CONFIG.replace('^benchling/EXP', '"("') },
      'config_invalid',
      'handle_pattern is not a regular expression.',
    ],
  ])('refuses %s', async (_, given, code, detail) => {
    await expect(publish(given)).rejects.toMatchObject({ code: `workflow.${code}`, detail })
  })

  it('refuses before anything is written', async () => {
    const { store, registry } = await setUp(CONFIG, null)
    const draft = await draftOf(registry, FILES, '', GOOD)
    const before = await Array.fromAsync(store.list('.quilt/'))
    await expect(registry.publish(draft, signal)).rejects.toMatchObject({ code: 'workflow.rejected' })
    expect(await Array.fromAsync(store.list('.quilt/'))).toEqual(before)
  })

  it('reads a pinned schema at its version, wherever the file went since', async () => {
    const config = CONFIG.replace('schemas/exp.json', 'schemas/exp.json?versionId=v2')
    const { store, registry } = await setUp(config, null)
    await store.write('schemas/exp.json', Buffer.from('false'), null, signal)
    await registry.publish(await draftOf(registry, FILES, 'm', GOOD), signal)
    const header = (await registry.current(NAME, signal))?.header
    expect(header?.workflow).toMatchObject({
      schemas: { exp: 's3://quilt-vectors/schemas/exp.json?versionId=v2' },
    })
  })
})
