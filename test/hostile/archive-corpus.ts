import { readdirSync, readFileSync } from 'node:fs'
import type { ExpectedFile } from './make/fixture.ts'

const FOLDER = new URL('./archives/', import.meta.url)

/** One archive of `test/hostile/archives`, as its file name describes it. */
export type Specimen = {
  readonly file: string
  /** `good`, or the code of the fault that must end its packaging. */
  readonly outcome: string
  /** What must come out of a good one. */
  readonly files: readonly ExpectedFile[]
}

const readBeside = (file: string): Buffer => readFileSync(new URL(encodeURIComponent(file), FOLDER))

export const everythingInTheFolder = (): readonly string[] => readdirSync(FOLDER).sort()

export const bytesOf = ({ file }: Pick<Specimen, 'file'>): Buffer => readBeside(file)

/** Every archive there is; a file whose name says no outcome is a mistake. */
export const corpus = (): readonly Specimen[] =>
  everythingInTheFolder()
    .filter((file) => file.endsWith('.zip'))
    .map((file) => {
      const outcome = /^(good|archive\.[a-z_]+)--[a-z0-9-]+\.zip$/.exec(file)?.[1]
      if (!outcome) throw new Error(`${file} does not say what must become of it`)
      const files = outcome === 'good' ? JSON.parse(readBeside(file.replace(/zip$/, 'json')).toString()) : []
      return { file, outcome, files }
    })
