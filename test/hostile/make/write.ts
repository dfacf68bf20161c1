/**
 * Writes the hand-made archives, their lists and the table of the README: `npx node test/hostile/make/write.ts`.
 * What tools made stays as it is.
 */
import { readFile, writeFile } from 'node:fs/promises'
import { committed, table } from './committed.ts'

const folder = new URL('../archives/', import.meta.url)
const readme = new URL('README.md', folder)

for (const [name, bytes] of committed()) await writeFile(new URL(encodeURIComponent(name), folder), bytes)
const text = await readFile(readme, 'utf8')
await writeFile(readme, text.slice(0, text.indexOf('| name |')) + table())
