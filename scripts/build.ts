/**
 * The published form: one bundle without runtime dependencies, commands in chunks of their own, the notebook page, and
 * beside them the notices and a CycloneDX list of everything that is inside, made from what was really bundled.
 */
import { readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { rolldown } from 'rolldown'
import { describeBundled } from './bundled-packages.ts'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const DIST = join(ROOT, 'dist')

await rm(DIST, { recursive: true, force: true })

const program = await rolldown({ input: join(ROOT, 'src/main.ts'), platform: 'node' })
const { output } = await program.write({
  dir: DIST,
  format: 'esm',
  entryFileNames: 'main.js',
  chunkFileNames: '[name]-[hash].js',
  minify: true,
})

const page = await rolldown({ input: join(ROOT, 'src/simulator/page/main.ts'), platform: 'browser' })
const { output: pageOutput } = await page.write({
  dir: join(DIST, 'page'),
  format: 'esm',
  entryFileNames: 'main.js',
  minify: true,
})
for (const file of ['index.html', 'style.css']) {
  await writeFile(join(DIST, 'page', file), await readFile(join(ROOT, 'src/simulator/page', file)))
}

const modules = [...output, ...pageOutput].flatMap((chunk) => (chunk.type === 'chunk' ? chunk.moduleIds : []))
const { notices, sbom, packages } = await describeBundled(modules, ROOT)
await writeFile(join(DIST, 'NOTICES.txt'), notices)
await writeFile(join(DIST, 'sbom.cdx.json'), `${JSON.stringify(sbom, null, 2)}\n`)

const bytes = [...output, ...pageOutput].reduce(
  (sum, chunk) => sum + (chunk.type === 'chunk' ? chunk.code.length : 0),
  0,
)
process.stdout.write(
  `  ✓ dist  ${output.length + pageOutput.length} files, ${Math.round(bytes / 1000)} kB, ${packages} packages inside\n`,
)
