/**
 * Writes docs/errors.md from the error catalogue. `--check` writes nothing and is red when the page is not what would be
 * written; a test does the same, so that page and catalogue cannot part.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { ERRORS, type ErrorCode, type ErrorEntry, type FaultClass } from '../src/base/errors.ts'
import { Fault } from '../src/base/fault.ts'
import { scientistWords } from '../src/base/scientist-words.ts'
import {
  BACKOFF_CAP_MS,
  MAX_ATTEMPTS,
  MAX_RENEWALS,
  MAX_UNFORESEEN,
  OPERATOR_CAP_MS,
} from '../src/jobs/failure-policy.ts'
import { EXIT } from '../src/operator/exit.ts'
import { RETRY_AFTER_S } from '../src/webhook/limits.ts'

const PAGE = join(import.meta.dirname, '../docs/errors.md')

type AreaName = ErrorCode extends infer C ? (C extends `${infer A}.${string}` ? A : C) : never
type Area = { readonly title: string; readonly about: string; readonly where: string }

const RUN = 'the canvas of the entry; the log lines “run failed” and “run buried”'

/** What the codes of an area have in common. A new area without a line here does not compile. */
const AREAS: Readonly<Record<AreaName, Area>> = {
  internal: {
    title: 'Anything unforeseen',
    about: 'A mistake of this service, or a situation nobody thought of.',
    where: `${RUN}; answers with status 500; commands`,
  },
  config: {
    title: 'Configuration',
    about: 'The service does not start until its settings are right; every problem is named at once.',
    where:
      'commands, on standard error; the secret: answers with status 503, and the readiness check (/health/ready)',
  },
  network: {
    title: 'The way out',
    about:
      'What stands between this service and the internet: a proxy, certificates ([network.md](network.md)).',
    where: `${RUN}; the readiness check (/health/ready)`,
  },
  aws: {
    title: 'Credentials on AWS',
    about: 'The one role under which buckets and queries are used.',
    where: `${RUN}; the readiness check (/health/ready)`,
  },
  health: {
    title: 'Health',
    about: 'What looking after the parts of the service finds, besides the faults of the parts themselves.',
    where: 'the readiness check (/health/ready)',
  },
  usage: { title: 'Command line', about: 'How a command was called.', where: 'commands, on standard error' },
  webhook: {
    title: 'Deliveries from Benchling',
    about:
      'Why a delivery was not taken. Nothing is stored then, and no entry is touched. To try one: Developer Console, the ' +
      'app, tab Webhook Testing.',
    where: 'the answer to the delivery; the log line “a delivery was refused”',
  },
  jobs: {
    title: 'Records and runs',
    about: 'The book in which deliveries and work are kept (DATA_DIR, or JOBS_TABLE on AWS).',
    where: 'log lines; the readiness check (/health/ready)',
  },
  queue: {
    title: 'Message queues',
    about:
      'The queues of a service on AWS. They only say where to look, or pass on what is in the records already.',
    where: 'log lines; the readiness check (/health/ready)',
  },
  benchling: {
    title: 'Benchling’s API',
    about: 'What came back when the service asked Benchling something.',
    where: RUN,
  },
  canvas: { title: 'Canvases', about: 'What is shown inside an entry.', where: 'log lines' },
  export: {
    title: 'Exports and downloads',
    about: 'Benchling makes an archive of the entry, and the service reads it over HTTPS.',
    where: RUN,
  },
  archive: {
    title: 'The archive itself',
    about:
      'An archive is read strictly: what contradicts itself is refused as a whole, before or while it is read, and ' +
      'nothing of it is published. The limits are in [limits.md](limits.md).',
    where: RUN,
  },
  package: { title: 'Packages', about: 'Names, metadata and revisions of packages.', where: RUN },
  manifest: {
    title: 'Manifests',
    about: 'The file that lists what a revision holds. Earlier revisions have manifests of their own.',
    where: `${RUN}; commands that read packages`,
  },
  workflow: {
    title: 'Quilt workflows',
    about: 'Rules a registry has for its packages (.quilt/workflows/config.yml).',
    where: RUN,
  },
  packager: {
    title: 'Quilt’s packager',
    about: 'Publishing through the packager queue of a Quilt stack (PACKAGE_PUBLISHER=packager).',
    where: RUN,
  },
  store: {
    title: 'The registry’s storage',
    about: 'The bucket or folder that packages are written to (QUILT_REGISTRY).',
    where: `${RUN}; the readiness check (/health/ready)`,
  },
  query: {
    title: 'Searching for packages',
    about:
      'Packages of others that name an entry are found by Athena, or by reading the registry. What goes wrong here stops ' +
      'no package and no canvas: the canvas shows what was found before, and a warning.',
    where:
      'the warnings of a canvas; the log lines “linked packages could not be searched” and “a part of the packages could not be searched”',
  },
}

const minutes = (ms: number): string => `${ms / 60_000} minutes`

const CLASSES: Readonly<Record<FaultClass, { readonly word: string; readonly does: string }>> = {
  never: {
    word: 'given up at once',
    does: 'Another try would end the same. The run is buried with its reason, and the canvas offers *Retry* for when the cause is gone.',
  },
  again: {
    word: 'tried again',
    does:
      `The run waits and tries again by itself: after seconds at first, then at most ${minutes(BACKOFF_CAP_MS)} apart, ` +
      `up to ${MAX_ATTEMPTS} times, which is about a day. Then it is buried, and the canvas offers *Retry*. ` +
      `\`internal\` and \`jobs.deadline\` are tried ${MAX_UNFORESEEN} times only. Canvases are never given up.`,
  },
  renew: {
    word: 'with a new export',
    does: `Benchling is asked for a new export, at most ${MAX_RENEWALS} times in a run. Then the run is buried, and the canvas offers *Retry*.`,
  },
  operator: {
    word: 'waits for you',
    does: `Something has to be set right. The run looks again at most ${minutes(OPERATOR_CAP_MS)} apart, for as long as it takes, goes on by itself when the cause is gone, and loses nothing meanwhile.`,
  },
}

const areaOf = (code: string): AreaName => code.split('.')[0] as AreaName

/** What the service does by itself; some codes are not the end of a run but an answer to somebody. */
const classLine = (code: ErrorCode, entry: ErrorEntry): string => {
  const { word } = CLASSES[entry.class]
  if (areaOf(code) === 'webhook')
    return entry.class === 'again'
      ? 'the sender is asked to come again; Benchling does'
      : 'refused; the same delivery will be refused again'
  if (code === 'jobs.fenced') return 'the other process finishes the run'
  if (entry.exit === EXIT.usage) return 'the command ends'
  return `${word} ([${entry.class}](#${entry.class}))`
}

const statusLine = (entry: ErrorEntry): string | null => {
  if (entry.http === undefined) return null
  return entry.http === 503 ? `503 with \`Retry-After: ${RETRY_AFTER_S}\`` : String(entry.http)
}

/** Answers of the door and faults of commands come to no canvas. */
const onCanvas = (code: ErrorCode): boolean => !/^(?:usage|webhook|health|config)\./.test(code)

const section = (code: ErrorCode): string => {
  const entry: ErrorEntry = ERRORS[code]
  const status = statusLine(entry)
  const { advice } = scientistWords(new Fault(code))
  return [
    `### <a id="${code}"></a>\`${code}\``,
    '',
    `**${entry.people}**`,
    '',
    `- What to do: ${entry.hint}`,
    ...(advice === entry.hint || !onCanvas(code) ? [] : [`- What the canvas says: ${advice}`]),
    `- The service: ${classLine(code, entry)}`,
    ...(status === null ? [] : [`- HTTP status: ${status}`]),
    ...(entry.exit === undefined ? [] : [`- Exit status of a command: ${entry.exit}`]),
    '',
  ].join('\n')
}

/** The whole page. */
export const errorsPage = (): string => {
  const codes = Object.keys(ERRORS) as ErrorCode[]
  const areas = [...new Set(codes.map(areaOf))]
  return `${[
    '# Errors',
    '',
    '<!-- Written by `npm run docs:errors` from src/base/errors.ts. Change it there. -->',
    '',
    'Everything that can go wrong has one code. It is the same in canvases, answers, logs and records, and never changes',
    'its meaning. Search this page for it: each code says what happened, what to do, and what the service does by itself.',
    '',
    'A log line has the code as `code`, and as `detail` the words that stand beside the sentence here; its other fields are',
    'facts that only the log tells. Lines about a delivery carry its `delivery` (Benchling’s webhook-id). A command that ends',
    `with an error prints the same code and hint; its exit status is ${EXIT.failed} where nothing else is said here.`,
    '',
    '## What the service does by itself',
    '',
    'Each code has a class, which decides what becomes of the run that met it.',
    '',
    ...Object.entries(CLASSES).map(
      ([name, { word, does }]) => `- <a id="${name}"></a>**${word}** (\`${name}\`): ${does}`,
    ),
    '',
    'Whatever happens, the last good revision of a package stays as it is, and nothing half done can be seen in the registry.',
    '',
    '## All codes',
    '',
    '| code | what happened | the service |',
    '| --- | --- | --- |',
    ...codes.map(
      (code) =>
        `| [\`${code}\`](#${code}) | ${ERRORS[code].people} | ${classLine(code, ERRORS[code]).replace(/ \(\[.*/, '')} |`,
    ),
    '',
    ...areas.flatMap((area) => [
      `## ${AREAS[area].title}`,
      '',
      AREAS[area].about,
      '',
      `Where it is seen: ${AREAS[area].where}.`,
      '',
      ...codes.filter((code) => areaOf(code) === area).map(section),
    ]),
  ]
    .join('\n')
    .trimEnd()}\n`
}

/** True when the page on disk is what would be written. */
export const errorsPageIsCurrent = (): boolean => readFileSync(PAGE, 'utf8') === errorsPage()

if (import.meta.main) {
  if (!process.argv.includes('--check')) writeFileSync(PAGE, errorsPage())
  else if (!errorsPageIsCurrent()) {
    process.stderr.write('docs/errors.md is not what the catalogue says: npm run docs:errors\n')
    process.exitCode = 1
  }
}
