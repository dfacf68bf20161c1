import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { ROLE } from './hosts.ts'

export type ChildTask = {
  /** Names that lie on loopback, at `port`. */
  readonly here: readonly string[]
  readonly port: number | null
  readonly role: string
  /** Whom to ask; default: everybody. */
  readonly asks?: readonly string[]
}

export type ChildAnswer = {
  readonly outcomes: Record<string, { code: string; people: string; fields: object }>
  readonly lines: readonly string[]
  readonly problems: readonly string[]
  readonly proxies: readonly string[]
}

/** Runs the child with nothing of our environment but what is given. */
export const runChild = async (
  env: Record<string, string>,
  task: Partial<ChildTask> = {},
): Promise<ChildAnswer> => {
  const whole: ChildTask = { here: [], port: null, role: ROLE, ...task }
  const child = spawn(
    process.execPath,
    [
      '--disable-warning=ExperimentalWarning',
      join(import.meta.dirname, 'egress-child.ts'),
      JSON.stringify(whole),
    ],
    { env: { AWS_EC2_METADATA_DISABLED: 'true', ...env }, stdio: ['ignore', 'pipe', 'pipe'] },
  )
  const closed = once(child, 'close')
  const [out, errors] = await Promise.all([text(child.stdout), text(child.stderr)])
  await closed
  if (!out.startsWith('{')) throw new Error(`the child said nothing: ${errors}`)
  return JSON.parse(out) as ChildAnswer
}

/** What came of each question, by code. */
export const codesOf = ({ outcomes }: ChildAnswer): Record<string, string> =>
  Object.fromEntries(Object.entries(outcomes).map(([name, { code }]) => [name, code]))
