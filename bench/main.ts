const BENCHES = ['export', 'publish', 'ingest'] as const

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
  if (!isBench(name)) {
    process.stderr.write(`usage: npm run -s bench -- <${BENCHES.join('|')}> [options] [--json]\n`)
    return 2
  }
  const { run } = (await import(`./${name}.ts`)) as Bench
  const figures = await run(args.filter((arg) => arg !== '--json'))
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
