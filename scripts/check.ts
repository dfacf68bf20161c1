/**
 * Static checks in one command: types, style and lint, dead code, layers. Each runs to its end so that one look shows
 * everything; the exit status is 1 when any failed. A layer check that saw no module is red: it would prove nothing.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'

type Check = {
  readonly name: string
  readonly command: string[]
  readonly proof?: (output: string) => string | null
}

const LEAST_MODULES = 300

const layers = (output: string): string | null => {
  const modules = Number(/(\d+) modules/.exec(output)?.[1] ?? 0)
  return modules >= LEAST_MODULES
    ? null
    : `only ${modules} modules were cruised; at least ${LEAST_MODULES} are expected`
}

const CHECKS: Check[] = [
  { name: 'types', command: ['tsc', '-p', '.'] },
  { name: 'types of the page', command: ['tsc', '-p', 'src/simulator/page'] },
  { name: 'style and lint', command: ['biome', 'ci', '--error-on-warnings', '--colors=off', '.'] },
  { name: 'dead code', command: ['knip'] },
  { name: 'layers', command: ['depcruise', '--config', '.dependency-cruiser.cjs', 'src'], proof: layers },
  { name: 'package shape', command: ['publint', '--strict'] },
]

const run = async (check: Check): Promise<boolean> => {
  const started = performance.now()
  const [command = '', ...args] = check.command
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] })
  const closed = once(child, 'close')
  const [out, err] = await Promise.all([text(child.stdout), text(child.stderr)])
  const [status] = (await closed) as [number]
  const output = `${out}${err}`
  const unproven = status === 0 ? (check.proof?.(output) ?? null) : null
  const ok = status === 0 && unproven === null
  const seconds = ((performance.now() - started) / 1000).toFixed(1)
  process.stdout.write(`  ${ok ? '✓' : '✗'} ${check.name.padEnd(20)} ${seconds.padStart(5)} s\n`)
  if (!ok) process.stdout.write(`${output}${unproven ? `${unproven}\n` : ''}`)
  return ok
}

const results = []
for (const check of CHECKS) results.push(await run(check))
if (results.includes(false)) process.exitCode = 1
