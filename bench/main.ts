import { explainWrongCall } from '../test/support/options.ts'

const BENCHES = ['export', 'publish', 'ingest', 'canvas'] as const

const USAGE = `usage: npm run -s bench -- export  [--size 256MiB] [--members 400] [--each 1KiB] [--store discard|folder] [--json]
       npm run -s bench -- ingest  [--deliveries 8000] [--export 2GiB] [--json]
       npm run -s bench -- publish [--members 50000] [--json]
       npm run -s bench -- canvas  [--files 10000] [--clicks 400] [--starts 12] [--json]

export: how fast an export is read, and in how much memory (beside unzip, where there is one). ingest: how fast the door is, about a minute.
publish: how long a revision of many files takes. canvas: how long a person waits after a click. What each figure means stands in bench/<name>.ts.`

type Figure = string | number | boolean | null
type Figures = Readonly<Record<string, Figure | Readonly<Record<string, Figure>>>>
type Bench = { readonly run: (args: string[]) => Promise<Figures> }

const say = (text: string): void => {
  process.stdout.write(`${text}\n`)
}

const isBench = (name: string | undefined): name is (typeof BENCHES)[number] =>
  BENCHES.some((bench) => bench === name)

/** `npm run -s bench -- <name> [options]`: runs one measurement and prints its figures, with `--json` as one document. */
const main = async ([name, ...args]: string[]): Promise<number> => {
  if (name === '--help' || args.includes('--help')) {
    say(USAGE)
    return 0
  }
  if (!isBench(name)) {
    process.stderr.write(`${USAGE}\n`)
    return 2
  }
  const { run } = (await import(`./${name}.ts`)) as Bench
  let figures: Figures
  try {
    figures = await run(args.filter((arg) => arg !== '--json'))
  } catch (thrown) {
    return explainWrongCall(thrown, USAGE)
  }
  if (args.includes('--json')) say(JSON.stringify(figures))
  else {
    const lines = Object.entries(figures).flatMap(([key, value]): [string, Figure][] =>
      value !== null && typeof value === 'object'
        ? Object.entries(value).map(([inner, figure]) => [`${key}.${inner}`, figure])
        : [[key, value]],
    )
    const width = Math.max(...lines.map(([key]) => key.length))
    for (const [key, value] of lines) say(`${key.padEnd(width)}  ${value}`)
  }
  return 0
}

process.exitCode = await main(process.argv.slice(2))
