import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { SETTINGS } from '../../src/config/settings.ts'

const page = readFileSync(join(import.meta.dirname, '../../docs/configuration.md'), 'utf8')

test('docs/configuration.md lists every setting with its default and meaning, and no other', () => {
  const rows = [...page.matchAll(/^\| `([A-Z_]+)` \| (.*?) \| (.*) \|$/gm)].map((row) => row.slice(1))
  const wanted = Object.entries(SETTINGS).map(([name, setting]) => [
    name,
    setting.default === null ? (setting.required ? 'required' : '–') : `\`${setting.default}\``,
    setting.meaning,
  ])
  expect(rows).toEqual(wanted)
})
