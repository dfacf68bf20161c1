import { explainWrongCall, readOptions, wholeNumber } from '../support/options.ts'
import { everyInstant } from './every-instant.ts'
import { runChaos } from './run-chaos.ts'

const USAGE = `usage: npm run -s chaos -- [--deliveries 300] [--kills 40] [--seed N] [--minutes 10] [--json]
       npm run -s chaos -- --every-instant [--minutes 30] [--json]

Kills a service of its own, in a folder of its own, again and again while people work in a simulated notebook, then judges
what remains: each entry's package, each delivery, each canvas. --seed repeats what people did and where kills were aimed.
--every-instant: one entry, and one kill at each instant of its life. Exit status: 0 all is well, 1 something is broken,
2 called wrongly.`

const LEGEND = [
  '(acknowledged: different deliveries, repeats not counted. buried: runs whose exports stayed broken, as their canvases say.',
  'unreferenced, unnamed: what kills between storing and publishing left, and no revision leans on.)',
]

const LONGEST_MINUTES = 60

const options = {
  deliveries: { type: 'string', default: '300' },
  kills: { type: 'string', default: '40' },
  seed: { type: 'string' },
  minutes: { type: 'string' },
  'every-instant': { type: 'boolean', default: false },
  json: { type: 'boolean', default: false },
} as const

type Report = Readonly<Record<string, unknown>> & { readonly problems: readonly string[] }
type Asked = { readonly run: () => Promise<Report>; readonly again: string; readonly json: boolean }

const read = (args: string[]): Asked => {
  const values = readOptions(args, options)
  const { json } = values
  const minutes = (preset: string) => wholeNumber('minutes', values.minutes ?? preset, 1, LONGEST_MINUTES)
  if (values['every-instant']) {
    const onProblem = (problem: string) => process.stderr.write(`✗ ${problem}\n`)
    const asked = { minutes: minutes('30'), onProblem }
    return { run: () => everyInstant(asked), again: '--every-instant', json }
  }
  const asked = {
    deliveries: wholeNumber('deliveries', values.deliveries, 1, 100_000),
    kills: wholeNumber('kills', values.kills, 0, 10_000),
    seed: wholeNumber('seed', values.seed ?? String(Date.now() % 100_000), 0, 2 ** 31),
    minutes: minutes('10'),
  }
  const again = Object.entries(asked).map(([name, value]) => `--${name} ${value}`)
  return { run: () => runChaos(asked), again: again.join(' '), json }
}

const lines = ({ problems, ...figures }: Report, again: string): string[] => [
  ...Object.entries(figures).map(([name, value]) => `${name.padEnd(20)} ${shown(value)}`),
  ...(problems.length === 0
    ? ['', 'Every invariant holds.', ...LEGEND]
    : ['', ...problems.map((one) => `✗ ${one}`), '', `The same once more: npm run -s chaos -- ${again}`]),
]

const shown = (value: unknown): string =>
  typeof value !== 'object' || value === null
    ? String(value)
    : Object.entries(value)
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([name, count]) => `\n  ${String(count).padStart(4)}  ${name}`)
        .join('')

/** `npm run chaos`: prints what happened; exit status 1 when an invariant is broken, 2 when it was called wrongly. */
const main = async (args: string[]): Promise<number> => {
  if (args.includes('--help')) {
    process.stdout.write(`${USAGE}\n`)
    return 0
  }
  let asked: Asked
  try {
    asked = read(args)
  } catch (thrown) {
    return explainWrongCall(thrown, USAGE)
  }
  const { run, again, json } = asked
  const report = await run()
  process.stdout.write(json ? `${JSON.stringify(report)}\n` : `${lines(report, again).join('\n')}\n`)
  if (json && report.problems.length > 0)
    process.stderr.write(`The same once more: npm run -s chaos -- ${again}\n`)
  return report.problems.length > 0 ? 1 : 0
}

process.exitCode = await main(process.argv.slice(2))
