import { Command, CommanderError } from 'commander'
import { asFault, Fault } from '../base/fault.ts'
import { VERSION } from '../base/version.ts'
import { EXIT } from './exit.ts'
import { failureLines } from './output/failure.ts'

/**
 * The command line. Commands are loaded when they are called, so that help is quick. Returns the exit status
 * (docs/commands.md); nothing below calls `process.exit`.
 */
export const runProgram = async (argv: readonly string[]): Promise<number> => {
  let status: number = EXIT.ok
  const program = new Command('benchling-webhook')
    .description('Turns Benchling notebook entries into versioned, hash-verified Quilt packages.')
    .version(VERSION)
    .exitOverride()
    .showHelpAfterError('Run with --help to see what is possible.')
    .allowExcessArguments()
    .action(() => {
      const [unknown] = program.args
      if (unknown === undefined) program.help()
      throw new Fault('usage.invalid', {}, { detail: `There is no command ${JSON.stringify(unknown)}.` })
    })

  program
    .command('demo')
    .description(
      'show the whole thing at work on this machine: a simulated Benchling tenant, the real service, a folder registry',
    )
    .option('--registry <folder>', 'folder registry to write packages to', 'demo-registry')
    .option('--port <number>', 'port of the service (default: 8080, or a free one)')
    .option('--page-port <number>', 'port of the notebook page (default: 8090, or a free one)')
    .option('--once', 'do the main job once for the sample entries, then end')
    .option('--json', 'print one JSON document on standard output (with --once)')
    .addHelpText('after', '\nExample:\n  benchling-webhook demo --once --json --registry ./packages\n')
    .action(async (options) => {
      const { demo } = await import('./commands/demo.ts')
      status = await demo(options)
    })

  program
    .command('serve')
    .description('run the service, configured by environment variables (docs/operations.md)')
    .addHelpText(
      'after',
      '\nExample:\n  BENCHLING_TENANT=acme QUILT_REGISTRY=s3://my-bucket … benchling-webhook serve\n',
    )
    .action(async () => {
      const { serve } = await import('./commands/serve.ts')
      status = await serve(process.env)
    })

  program
    .command('manifest')
    .description('print the manifest that Benchling makes the app from: its canvases and what it is told of')
    .option('--name <name>', 'name of the app in Benchling', 'Quilt Packages')
    .option('--output <file>', 'write it to a new file instead of standard output')
    .option('--json', 'as JSON instead of YAML')
    .addHelpText('after', '\nExample:\n  benchling-webhook manifest --output app-manifest.yaml\n')
    .action(async (options) => {
      const { manifest } = await import('./commands/manifest.ts')
      status = await manifest(options)
    })

  try {
    await program.parseAsync(argv)
    return status
  } catch (thrown) {
    if (thrown instanceof CommanderError) return thrown.exitCode === 0 ? EXIT.ok : EXIT.usage
    const fault = asFault(thrown)
    process.stderr.write(failureLines(fault).join('\n'))
    return fault.entry.exit ?? EXIT.failed
  }
}
