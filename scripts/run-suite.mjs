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
child.on('error', (error) => {
  output += error.message
})
child.on('close', (status) => {
  const line = output.match(/^\s*Tests\s+(.*)$/m)?.[1] ?? ''
  const count = (word) => Number(line.match(new RegExp(`(\\d+) ${word}`))?.[1] ?? 0)
  const [passed, failed, skipped] = ['passed', 'failed', 'skipped'].map(count)
  const problems = [
    status === 0 ? '' : `it ended with ${status}`,
    minimum > 0 ? '' : 'no minimum is committed',
    passed >= minimum ? '' : `only ${passed} of at least ${minimum} tests passed`,
    failed === 0 ? '' : `${failed} failed`,
    skipped === 0 ? '' : `${skipped} were skipped`,
  ].filter(Boolean)
  process.stdout.write(`\nsuite ${suite}: at least ${minimum} tests expected, ${passed} passed\n`)
  process.stdout.write(`${suite}: ${passed} passed, ${failed} failed\n`)
  if (problems.length > 0) process.stdout.write(`suite ${suite} is RED: ${problems.join('; ')}\n`)
  process.exitCode = problems.length > 0 ? 1 : 0
})
