import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { SECRET_KEYS } from '../../src/config/secret.ts'
import type { Setting } from '../../src/config/setting.ts'
import { SETTINGS, WITHOUT_EFFECT } from '../../src/config/settings.ts'

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

test('it names every key of the secret, and every variable that changes nothing', () => {
  for (const { key } of SECRET_KEYS) expect(page).toContain(`"${key}":`)
  for (const name of WITHOUT_EFFECT) expect(page).toContain(`\`${name}\``)
})
