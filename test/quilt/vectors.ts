import { existsSync, readdirSync, readFileSync } from 'node:fs'

const ROOT = new URL('../fixtures/quilt/', import.meta.url)

/** Texts and bytes made by running the real quilt3 (test/fixtures/quilt/README.md). */
export const vectorFile = (path: string): Buffer => readFileSync(new URL(path, ROOT))
export const vectorJson = <T>(path: string): T => JSON.parse(vectorFile(path).toString())

export type Vector = {
  readonly id: string
  readonly title: string
  readonly package: string
  readonly message: string | null
  readonly top_hash: string
  readonly tophash_parts: readonly string[]
}

export const VECTORS: readonly Vector[] = readdirSync(ROOT, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map((entry) => vectorJson<Vector>(`${entry.name}/vector.json`))

/** The manifests of a vector: written by `build()` to a folder, by `push()` to S3, or both. */
export const manifestsOf = (id: string): { readonly where: string; readonly bytes: Buffer }[] =>
  ['local', 's3']
    .filter((where) => existsSync(new URL(`${id}/manifest.${where}.jsonl`, ROOT)))
    .map((where) => ({ where, bytes: vectorFile(`${id}/manifest.${where}.jsonl`) }))
