import { stringify } from 'yaml'
import { APP_FEATURES } from '../../base/app-features.ts'
import { Fault } from '../../base/fault.ts'
import { EXIT } from '../exit.ts'
import { writeNewFile } from '../output/write-new-file.ts'
import { appManifest } from './manifest/app-manifest.ts'

export type ManifestOptions = {
  /** How the app is called in Benchling. */
  readonly name: string
  /** A file to write instead of standard output. */
  readonly output?: string
  readonly json?: boolean
}

/** Prints the app's manifest; what to do with it goes to standard error. Throws `usage.invalid`. */
export const manifest = async (options: ManifestOptions): Promise<number> => {
  const name = options.name.trim()
  if (name === '' || /\p{Cc}/u.test(name))
    throw new Fault('usage.invalid', {}, { detail: '--name must be one line.' })
  const document = appManifest(name)
  const content = options.json ? `${JSON.stringify(document, null, 2)}\n` : stringify(document)
  if (options.output === undefined) process.stdout.write(content)
  else await writeNewFile(options.output, content, '--output')
  process.stderr.write(`${nextSteps(options.output ?? 'the manifest').join('\n')}\n`)
  return EXIT.ok
}

const nextSteps = (file: string): string[] => [
  '',
  '  Next, in Benchling:',
  `  1. Developer Console > Create app > From manifest: upload ${file}.`,
  '  2. Copy the app definition id, and make a client secret: the service needs both, with the client id.',
  '  3. Start the service, and enter its https address as the webhook URL.',
  '  4. Version History > Install, then open the app’s workspace and activate it.',
  '  5. Add the app to an organization or to the projects whose entries it is to package.',
  '',
  `  Is there an app already? If its manifest gives the canvas another id than ${APP_FEATURES.entry.id} (some have`,
  '  quilt_entry), keep that id: canvases in entries belong to it.',
  '',
]
