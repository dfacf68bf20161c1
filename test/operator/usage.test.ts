import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { VERSION } from '../../src/base/version.ts'
import { SETTINGS } from '../../src/config/settings.ts'
import { ROOT, run } from './support/cli.ts'

describe.concurrent('The command line', () => {
  test.each([
    ['an unknown command', ['dance']],
    ['an unknown option', ['demo', '--dance']],
    ['an option without its value', ['demo', '--registry']],
    ['--json without --once', ['demo', '--json']],
    ['a port that is none', ['demo', '--once', '--port', 'eighty']],
    ['a bucket where only a folder can be', ['demo', '--once', '--registry', 's3://lab-packages']],
  ])('called with %s ends with 2 and says where help is', async (_what, args) => {
    const { code, out, err } = await run(args)
    expect([code, out]).toEqual([2, ''])
    expect(err).toContain('--help')
  })

  test('names the command it does not know', async () => {
    expect((await run(['dance'])).err).toContain('There is no command "dance".')
  })

  test('serve without configuration ends with 2 and names every problem at once', async () => {
    const { code, out, err } = await run(['serve'], { env: { PORT: 'eighty' } })
    expect([code, out]).toEqual([2, ''])
    const needed = Object.entries(SETTINGS).filter(
      ([, { required, default: preset }]) => required && preset === null,
    )
    expect(needed.length).toBeGreaterThan(3)
    for (const name of [...needed.map(([name]) => name), 'DATA_DIR', 'PORT']) expect(err).toContain(name)
    expect(err).not.toContain('eighty')
    expect(err).not.toMatch(/\n\s+at /)
  })

  test.each([[['--help']], [['demo', '--help']], [['serve', '--help']], [['manifest', '--help']]])(
    '%j ends with 0',
    async (args) => {
      const { code, out, err } = await run(args)
      expect([code, err]).toEqual([0, ''])
      expect(out).toContain('Usage: benchling-webhook')
      if (args.length > 1) expect(out).toMatch(/Example:\n {2}.*benchling-webhook/)
    },
  )

  test('--version says the version and nothing else', async () => {
    expect(await run(['--version'])).toMatchObject({ code: 0, out: `${VERSION}\n`, err: '' })
  })
})

test.each(['18.19.1', '24.4.1'])(
  'The launcher says in one sentence on Node %s what is needed, and imports nothing',
  async (found) => {
    const { code, out, err } = await run(['demo', '--once'], {
      env: { FOUND_NODE: found },
      node: ['--require', join(import.meta.dirname, 'support/old-node.cjs')],
      script: join(ROOT, 'bin/benchling-webhook.cjs'),
    })
    expect([code, out]).toEqual([4, ''])
    expect(err).toBe(`benchling-webhook needs Node 24.5 or newer; this is ${found}.\n`)
  },
)

test('The launcher wants no newer Node than package.json', () => {
  const { engines } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'))
  const launcher = readFileSync(join(ROOT, 'bin/benchling-webhook.cjs'), 'utf8')
  expect(engines.node).toBe(`>=${/needed = '([\d.]+)'/.exec(launcher)?.[1]}`)
})
