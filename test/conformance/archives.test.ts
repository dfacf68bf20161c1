import { fileURLToPath } from 'node:url'
import { beforeAll, describe, expect, it } from 'vitest'
import { bytesOf, corpus } from '../hostile/archive-corpus.ts'
import { type KnownDifference, knownDifference, type Reader } from '../hostile/archive-differences.ts'
import { differenceOf, each, ours, type Reading, together } from '../hostile/archive-reading.ts'
import { yauzlReads } from '../hostile/archive-yauzl.ts'
import { pythonReads, unzipReads } from './archive-tools.ts'

const FOLDER = fileURLToPath(new URL('../hostile/archives/', import.meta.url))
const specimens = corpus().map(({ file }) => file)

let python: ReadonlyMap<string, Reading>
beforeAll(async () => {
  python = await pythonReads(FOLDER)
})

const READERS: [Reader, typeof each, (file: string) => Promise<Reading> | Reading][] = [
  ['yauzl', each, (file) => yauzlReads(bytesOf({ file }))],
  ['python', each, (file) => python.get(file)!],
  ['unzip', together, (file) => unzipReads(FOLDER + file)],
]

const allowed = (known: KnownDifference | null): (string | null)[] =>
  known ? (known.sometimes ? [known.difference, null] : [known.difference]) : [null]

describe.each(READERS)('%s and our reader', (reader, form, read) => {
  it.concurrent.each(specimens)('agree, or are known to differ, on %s', async (file) => {
    const own = await ours(bytesOf({ file }), file, form)
    const theirs = await read(file)
    const known = knownDifference(reader, file)
    expect(allowed(known), `${JSON.stringify(theirs).slice(0, 500)} ${known?.why ?? ''}`).toContain(
      differenceOf(own, theirs),
    )
  })
})
