import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'

type Bundled = {
  readonly name: string
  readonly version: string
  readonly licence: string
  readonly text: string
}

/** Which npm packages these bundled modules come from, with their licences. Throws when one has none. */
export const describeBundled = async (modules: readonly string[], root: string) => {
  const folders = new Set<string>()
  for (const id of modules) {
    const at = id.lastIndexOf('/node_modules/')
    if (at < 0) continue
    const rest = id.slice(at + '/node_modules/'.length).split('/')
    folders.add(join(id.slice(0, at), 'node_modules', ...rest.slice(0, rest[0]?.startsWith('@') ? 2 : 1)))
  }
  const packages = await Promise.all([...folders].sort().map(readBundled))
  const own = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as {
    name: string
    version: string
  }
  return { packages: packages.length, notices: notices(packages), sbom: sbom(own, packages) }
}

const readBundled = async (folder: string): Promise<Bundled> => {
  const manifest = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8'))
  const file = (await readdir(folder)).find((name) => /^licen[cs]e/i.test(name))
  const licence = typeof manifest.license === 'string' ? manifest.license : manifest.license?.type
  if (!licence) throw new Error(`${manifest.name} names no licence`)
  const text = file ? (await readFile(join(folder, file), 'utf8')).trim() : `Licence: ${licence}`
  return { name: manifest.name, version: manifest.version, licence, text }
}

const notices = (packages: readonly Bundled[]): string =>
  [
    'benchling-webhook contains the following packages.',
    ...packages.map((p) => `${p.name} ${p.version} (${p.licence})\n\n${p.text}`),
  ].join(`\n\n${'-'.repeat(80)}\n\n`)

/** CycloneDX 1.6, the parts that scanners read. */
const sbom = (own: { name: string; version: string }, packages: readonly Bundled[]) => ({
  bomFormat: 'CycloneDX',
  specVersion: '1.6',
  version: 1,
  metadata: { component: { type: 'application', name: own.name, version: own.version } },
  components: packages.map((p) => ({
    type: 'library',
    name: p.name,
    version: p.version,
    purl: `pkg:npm/${p.name.replace('@', '%40')}@${p.version}`,
    licenses: [{ expression: p.licence }],
  })),
})
