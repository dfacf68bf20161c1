/**
 * Tools of the conformance suite, in .venv-conformance: the real quilt3 and moto from PyPI, versitygw from its Go
 * module; and unzip from the packages of the system. Does nothing when they are there in the wanted versions; fails with
 * a sentence when one cannot be had.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { access, mkdir, readFile, writeFile } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'

const VERSITYGW = 'github.com/versity/versitygw/cmd/versitygw@v1.8.0'
const ATTEMPTS = 4
const ATTEMPT_LIMIT_MS = 10 * 60_000

const root = join(import.meta.dirname, '..')
const venv = join(root, '.venv-conformance')
const bin = join(venv, 'bin')
const requirements = join(root, 'test/conformance/requirements.txt')
const stamp = join(venv, 'installed.txt')

const say = (text: string): void => void process.stdout.write(`${text}\n`)

const run = async (command: string, args: string[], env: Record<string, string> = {}): Promise<void> => {
  const child = spawn(command, args, {
    stdio: ['ignore', 'inherit', 'inherit'],
    env: { ...process.env, ...env },
    signal: AbortSignal.timeout(ATTEMPT_LIMIT_MS),
  })
  const [status] = (await once(child, 'close')) as [number | null]
  if (status !== 0) throw new Error(`${command} ${args[0] ?? ''} ended with ${status}`)
}

const insist = async (what: string, work: () => Promise<void>): Promise<void> => {
  for (let attempt = 1; ; attempt++) {
    try {
      return await work()
    } catch (thrown) {
      const reason = thrown instanceof Error ? thrown.message : String(thrown)
      if (attempt >= ATTEMPTS) throw new Error(`${what} could not be installed: ${reason}`)
      say(`${what}: attempt ${attempt} failed (${reason}), trying again`)
      await wait(attempt * 5_000)
    }
  }
}

const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  )

const onPath = async (command: string): Promise<boolean> => {
  const folders = (process.env.PATH ?? '').split(delimiter)
  return (await Promise.all(folders.map((folder) => exists(join(folder, command))))).some(Boolean)
}

if (!(await onPath('unzip'))) {
  const apt = (...args: string[]): Promise<void> =>
    run('apt-get', ['-qq', ...args], { DEBIAN_FRONTEND: 'noninteractive' })
  await insist('unzip', async () => {
    await apt('update')
    await apt('install', '-y', '--no-install-recommends', 'unzip')
  })
}

const wanted = `${await readFile(requirements, 'utf8')}\n${VERSITYGW}\n`
const tools = ['python', 'moto_server', 'versitygw'].map((tool) => join(bin, tool))
const present = (await Promise.all(tools.map(exists))).every(Boolean)
if (present && (await readFile(stamp, 'utf8').catch(() => '')) === wanted) {
  say('conformance tools: present')
} else {
  await mkdir(venv, { recursive: true })
  await insist('the Python environment', () => run('python3', ['-m', 'venv', venv]))
  await insist('quilt3 and moto', () =>
    run(join(bin, 'python'), ['-m', 'pip', 'install', '--quiet', '-r', requirements]),
  )
  await insist('versitygw', () => run('go', ['install', VERSITYGW], { GOBIN: bin }))
  await writeFile(stamp, wanted)
  say('conformance tools: installed')
}
