// Runs one suite and reads Vitest's closing line: prints the count against the committed minimum (.ci/minimum.json) and
// is red when the suite failed, skipped a test, was empty, or shrank. Plain JavaScript: the system's Node may be old.
import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'

const [suite, command, ...args] = process.argv.slice(2)
const minimum = JSON.parse(readFileSync(new URL('../.ci/minimum.json', import.meta.url), 'utf8'))[suite]
const child = spawn(command, args, {
  stdio: ['ignore', 'pipe', 'inherit'],
  env: { ...process.env, NO_COLOR: '1' },
})
let output = ''
child.stdout.on('data', (chunk) => {
  output += chunk
  process.stdout.write(chunk)
})
child.on('close', (status) => {
  const line = output.match(/^\s*Tests\s+(.*)$/m)?.[1] ?? ''
  const count = (word) => Number(line.match(new RegExp(`(\\d+) ${word}`))?.[1] ?? 0)
  const problems = []
  if (status !== 0) problems.push(`it ended with ${status}`)
  if (!(minimum > 0)) problems.push('no minimum is committed')
  if (count('passed') < minimum) problems.push(`only ${count('passed')} of at least ${minimum} tests passed`)
  if (count('failed') > 0) problems.push(`${count('failed')} failed`)
  if (count('skipped') > 0) problems.push(`${count('skipped')} were skipped`)
  process.stdout.write(
    `suite ${suite}: ${count('passed')} tests, minimum ${minimum}${problems.length ? `: RED, ${problems.join('; ')}` : ''}\n`,
  )
  process.exitCode = problems.length ? 1 : 0
})
