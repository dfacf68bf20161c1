import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { loadConfig } from '../../src/config/load-config.ts'
import { parseSecret, SECRET_KEYS } from '../../src/config/secret.ts'
import type { Setting } from '../../src/config/setting.ts'
import { READ_ELSEWHERE, SETTINGS, WITHOUT_EFFECT } from '../../src/config/settings.ts'

const page = readFileSync(join(import.meta.dirname, '../../docs/operations.md'), 'utf8')

test('docs/operations.md lists every setting with its key in the secret, default, meaning and other names, and no other', () => {
  const rows = [...page.matchAll(/^\| `([A-Za-z_0-9]+)` \| (.*?) \| (.*?) \| (.*) \|$/gm)].map((row) =>
    row.slice(1),
  )
  const wanted = (Object.entries(SETTINGS) as [string, Setting<unknown>][]).map(([name, setting]) => [
    name,
    setting.secretKey === undefined ? '–' : `\`${setting.secretKey}\``,
    setting.default === null ? (setting.required ? 'required' : '–') : `\`${setting.default}\``,
    [setting.meaning, ...(setting.aliases ?? []).map((alias) => `Also \`${alias}\`.`)].join(' '),
  ])
  expect(rows).toEqual(wanted)
})

test('a table of its own lists what is read elsewhere, and network.md tells of it', () => {
  const network = readFileSync(join(import.meta.dirname, '../../docs/network.md'), 'utf8')
  const rows = [...page.matchAll(/^\| `([A-Za-z_0-9]+)` \| ([^|]*) \|$/gm)].map((row) => row.slice(1))
  expect(rows).toEqual(Object.entries(READ_ELSEWHERE))
  for (const name of Object.keys(READ_ELSEWHERE)) expect(network).toContain(name)
})

test('no variable is read that the page does not name', () => {
  const read = new Set<string>()
  const environment = new Proxy({} as Record<string, string>, {
    get: (_, name) => {
      read.add(String(name))
      return undefined
    },
  })
  expect(() => loadConfig(environment)).toThrow()
  expect(read).toContain('no_proxy')
  for (const name of read)
    expect(page).toContain(`\`${name.replace(/^(http|https|no)_proxy$/, (small) => small.toUpperCase())}\``)
})

test('it names every key of the secret, and every variable that changes nothing', () => {
  for (const { key } of SECRET_KEYS) expect(page).toContain(`"${key}":`)
  for (const name of WITHOUT_EFFECT) expect(page).toContain(`\`${name}\``)
})

test('its example of a task and of a secret are configurations, with the one role', () => {
  const [, block = ''] = /```sh\n(APP_ENV=production\n[^`]*)```/.exec(page) ?? []
  const environment = Object.fromEntries(
    block
      .trim()
      .split('\n')
      .map((line) => line.split(/=(.*)/s).slice(0, 2)),
  )
  const config = loadConfig(environment)
  expect(config.aws).toMatchObject({ roleArn: environment.QUILT_WRITE_ROLE_ARN, publisher: 'packager' })
  const [, secret = ''] = /```json\n(\{\n {2}"tenant"[^`]*)```/.exec(page) ?? []
  const lab = parseSecret(secret.replace('appdef_…', 'appdef_A1').replaceAll('…', 'x'), config.secret!)
  expect(lab.registry).toMatchObject({ bucket: 'lab-data' })
})
