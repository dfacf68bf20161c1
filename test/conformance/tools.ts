import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const BIN = join(import.meta.dirname, '../../.venv-conformance/bin')

/** Where a tool of this suite lies. A missing one makes the suite fail, never skip. */
export const tool = (name: 'python' | 'moto_server' | 'versitygw'): string => {
  const path = join(BIN, name)
  if (existsSync(path)) return path
  throw new Error(`${name} is missing, so nothing can be proved: run \`npm run conformance:setup\` first`)
}

/** A new folder outside the repository, and how it is removed. */
export const scratch = async (): Promise<{ path: string; remove(): Promise<void> }> => {
  const path = await mkdtemp(join(tmpdir(), 'conformance-'))
  return { path, remove: () => rm(path, { recursive: true, force: true }) }
}

const running = new Set<ChildProcess>()
process.once('exit', () => {
  for (const child of running) child.kill('SIGKILL')
})

/** A child process with nothing of our environment but PATH, which ends with this process at the latest. */
export const start = (
  command: string,
  args: readonly string[],
  env: Record<string, string>,
): ChildProcess => {
  const child = spawn(command, args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH: process.env.PATH ?? '', ...env },
  })
  running.add(child)
  child.once('close', () => running.delete(child))
  return child
}

/** Ends a child process and waits until it is gone. */
export const stop = async (child: ChildProcess): Promise<void> => {
  if (child.exitCode !== null || child.signalCode !== null) return
  const closed = once(child, 'close')
  child.kill('SIGKILL')
  await closed
}
