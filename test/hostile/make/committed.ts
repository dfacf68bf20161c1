import { readFileSync } from 'node:fs'
import type { Fixture } from './fixture.ts'
import { fileName, handMade } from './hand-made.ts'

/** An archive that `with-tools.py` made, and how. */
export type ToolMade = {
  readonly file: string
  readonly made: string
  readonly attacks: string
  readonly advisory?: string
}

export const toolMade = (): readonly ToolMade[] =>
  JSON.parse(readFileSync(new URL('./tool-made.json', import.meta.url), 'utf8'))

/** The list of what must come out of a good archive lies beside it under this name. */
export const listName = (archive: string): string => archive.replace(/\.zip$/, '.json')

const asJson = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`

const cell = (text: string): string => text.replaceAll('|', '\\|')

const row = (
  file: string,
  made: string,
  { attacks, advisory }: Pick<Fixture, 'attacks' | 'advisory'>,
): string => `| \`${file}\` | ${made} | ${cell(attacks)} | ${advisory ?? ''} |`

/** The table of `archives/README.md`: one row an archive, sorted by name. */
export const table = (): string => {
  const rows = [
    ...handMade.map((fixture) => row(fileName(fixture), 'hand', fixture)),
    ...toolMade().map((made) => row(made.file, made.made, made)),
  ].sort()
  return [
    '| name | made by | what it attacks or imitates | advisory |',
    '| --- | --- | --- | --- |',
    ...rows,
    '',
  ].join('\n')
}

/** Everything about the hand-made archives that is committed, by file name. */
export const committed = (): ReadonlyMap<string, Buffer> =>
  new Map(
    handMade.flatMap((fixture): [string, Buffer][] => {
      const name = fileName(fixture)
      const archive: [string, Buffer] = [name, fixture.bytes]
      return fixture.outcome === 'good'
        ? [archive, [listName(name), Buffer.from(asJson(fixture.files))]]
        : [archive]
    }),
  )
