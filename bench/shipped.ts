import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { rolldown } from 'rolldown'

const ROOT = fileURLToPath(new URL('..', import.meta.url))

/** What Node is told when the published program starts: the options in the launcher's first line. */
export const shippedNodeOptions = (): string[] => {
  const [line = ''] = readFileSync(join(ROOT, 'bin/benchling-webhook.cjs'), 'utf8').split('\n')
  return line.split(' ').filter((word) => word.startsWith('--'))
}

/** Bundles a program of the benches into a folder, as the product is published: its source costs memory to translate. */
export const bundled = async (program: string, folder: string): Promise<string> => {
  const bundle = await rolldown({ input: join(import.meta.dirname, program), platform: 'node' })
  const file = join(folder, 'bundled.mjs')
  await bundle.write({ file, format: 'esm', codeSplitting: false, minify: true })
  return file
}
