import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { z } from 'zod'
import { APP_FEATURES, APP_MESSAGES } from '../../src/base/app-features.ts'
import { VERSION } from '../../src/base/version.ts'
import { PLACE_FEATURES } from '../../src/simulator/control/places.ts'
import { CANVAS_FEATURE } from '../../src/simulator/notebook.ts'
import { readRequest } from '../../src/webhook/request.ts'
import { ROOT, run } from './support/cli.ts'

/** Benchling's App Manifest Reference, as far as this app uses it; `settings` are refused since 2024-07-11. */
const manifestSchema = z.strictObject({
  manifestVersion: z.literal(1),
  info: z.strictObject({
    name: z.string().min(1),
    description: z.string().optional(),
    version: z.string().regex(/^\d+\.\d+\.\d+(-[\w.-]+)?$/),
  }),
  features: z.array(
    z.strictObject({
      id: z.string().min(1),
      name: z.string().min(1),
      type: z.enum(['CANVAS', 'ASSAY_RUN', 'APP_HOMEPAGE']),
      locations: z.array(z.enum(['ENTRY', 'ENTRY_TEMPLATE', 'APP_HOME'])).optional(),
    }),
  ),
  subscriptions: z.strictObject({
    deliveryMethod: z.literal('WEBHOOK'),
    messages: z.array(z.strictObject({ type: z.string().regex(/^v[0-9](-beta)?\.[A-Za-z.]+$/) })),
  }),
})

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'manifest-'))
})
afterEach(async () => {
  await rm(folder, { recursive: true, force: true })
})

describe('benchling-webhook manifest', () => {
  test('prints YAML that Benchling takes, and the next steps beside it', async () => {
    const { code, out, err } = await run(['manifest'])
    expect(code).toBe(0)
    const read = manifestSchema.parse(parse(out))
    expect(read.info).toMatchObject({ name: 'Quilt Packages', version: VERSION })
    expect(read.features.map(({ type }) => type)).toEqual(['CANVAS', 'ASSAY_RUN', 'APP_HOMEPAGE'])
    expect(read.features[0]).toMatchObject({ id: 'quilt-entry', locations: ['ENTRY', 'ENTRY_TEMPLATE'] })
    expect(read.subscriptions.messages.map(({ type }) => type)).toEqual(APP_MESSAGES)
    expect(out).not.toContain('settings')
    expect(err).toContain('Developer Console')
  })

  test('prints the same as JSON, under the name that is asked for', async () => {
    const name = 'yes: "Quilt" # für µ'
    const [yaml, json] = await Promise.all([
      run(['manifest', '--name', name]),
      run(['manifest', '--name', name, '--json']),
    ])
    expect(parse(yaml.out)).toEqual(JSON.parse(json.out))
    expect(manifestSchema.parse(JSON.parse(json.out)).info.name).toBe(name)
  })

  test('does what its help shows as an example', async () => {
    const help = (await run(['manifest', '--help'])).out
    const [, line = ''] = /Example:\n {2}benchling-webhook (.*)\n/.exec(help) ?? []
    const { code, out } = await run(line.split(' '), { cwd: folder })
    expect([code, out]).toEqual([0, ''])
    expect(await readdir(folder)).toEqual(['app-manifest.yaml'])
    manifestSchema.parse(parse(await readFile(join(folder, 'app-manifest.yaml'), 'utf8')))
  })

  test('overwrites no file, and leaves none behind that it could not finish', async () => {
    const path = join(folder, 'mine.yaml')
    await writeFile(path, 'mine')
    const there = await run(['manifest', '--output', path])
    expect([there.code, there.out]).toEqual([2, ''])
    expect(there.err).toContain('is there already')
    expect(await readFile(path, 'utf8')).toBe('mine')
    const nowhere = await run(['manifest', '--output', join(folder, 'no/such/folder.yaml')])
    expect([nowhere.code, nowhere.err]).toEqual([2, expect.stringContaining('cannot be written (ENOENT)')])
    expect(await readdir(folder)).toEqual(['mine.yaml'])
  })

  test.each(['', '  ', 'two\nlines'])('takes no name like %j', async (name) => {
    const { code, out, err } = await run(['manifest', '--name', name])
    expect([code, out]).toEqual([2, ''])
    expect(err).toContain('--name must be one line.')
  })
})

test('The service understands everything that the manifest asks for', () => {
  const ids = { canvasId: 'cnvs_1', featureId: 'f', resourceId: 'etr_1', buttonId: 'update' }
  for (const type of APP_MESSAGES) {
    const message = { type, ...ids } as Parameters<typeof readRequest>[0]
    expect(['other', 'lifecycle'], type).not.toContain(readRequest(message).kind)
  }
})

test('The ids of features differ, the simulator uses the same ones, and the documentation names all', async () => {
  const ids = Object.values(APP_FEATURES).map(({ id }) => id as string)
  expect(new Set(ids).size).toBe(ids.length)
  expect([CANVAS_FEATURE, ...Object.values(PLACE_FEATURES)].toSorted()).toEqual(ids.toSorted())
  const page = await readFile(join(ROOT, 'docs/commands.md'), 'utf8')
  for (const name of [...ids, ...APP_MESSAGES]) expect(page).toContain(`\`${name}\``)
})
