import { afterEach, expect, test, vi } from 'vitest'
import { ERRORS } from '../../src/base/errors.ts'
import { EXIT } from '../../src/operator/exit.ts'
import { runProgram } from '../../src/operator/program.ts'

afterEach(() => {
  vi.restoreAllMocks()
})

const run = async (...args: string[]): Promise<{ readonly status: number; readonly said: string }> => {
  let said = ''
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
    said += String(text)
    return true
  })
  return { status: await runProgram(['node', 'benchling-webhook', ...args]), said }
}

test.each([
  ['a command that is none', ['unfold'], 'There is no command "unfold".'],
  ['--json without --once', ['demo', '--json'], '--json goes with --once.'],
  ['a port that is none', ['demo', '--port', 'eighty'], '--port must be a port number.'],
])('%s is answered with the code, what is wrong, and what to do', async (_name, args, problem) => {
  const { status, said } = await run(...args)
  expect(status).toBe(EXIT.usage)
  expect(said).toContain('usage.invalid')
  expect(said).toContain(problem)
  expect(said).toContain(ERRORS['usage.invalid'].hint)
})
