import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { type Reading, refusal } from '../hostile/archive-reading.ts'
import { tool } from './tools.ts'

const run = promisify(execFile)
const SCRIPT = join(import.meta.dirname, 'archives_read.py')
const LIMITS = { timeout: 60_000, maxBuffer: 128 * 1024 * 1024 }

/** Python's zipfile over a whole folder, by file name. */
export const pythonReads = async (folder: string): Promise<ReadonlyMap<string, Reading>> => {
  const { stdout } = await run(tool('python'), [SCRIPT, folder], LIMITS)
  return new Map(Object.entries(JSON.parse(stdout) as Record<string, Reading>))
}

const IN_UTF8 = { ...LIMITS, env: { PATH: process.env.PATH ?? '', LC_ALL: 'C.UTF-8' } }
/** It never asks for a password but takes this one, which is wrong. */
const PASSWORD = ['-P', 'wrong']

type Ended = { readonly status: number; readonly stdout: Buffer; readonly stderr: string }

const unzip = async (args: readonly string[]): Promise<Ended> => {
  const work = run('unzip', [...args], { ...IN_UTF8, encoding: 'buffer' })
  work.child.stdin?.end()
  const ended = await work.catch((thrown: { code?: unknown; stdout?: Buffer; stderr?: Buffer }) => thrown)
  const status = 'code' in ended ? ended.code : 0
  if (typeof status !== 'number') throw new Error(`unzip could not be run: ${String(status)}`)
  return { status, stdout: ended.stdout ?? Buffer.alloc(0), stderr: String(ended.stderr) }
}

/** Above this, unzip has not read everything; 1 is a warning. */
const WARNING = 1

/** Info-ZIP's unzip: tested (`-t`), listed (`-Z1`), and all contents one after the other (`-p`). */
export const unzipReads = async (path: string): Promise<Reading> => {
  const listed = await unzip(['-Z1', path])
  const tested = await unzip([...PASSWORD, '-tqq', path])
  const printed = await unzip([...PASSWORD, '-p', path])
  const failed = [tested, printed].find(({ status }) => status > WARNING)
  if (failed) return refusal(`status ${failed.status}: ${failed.stderr}${tested.stdout}`)
  const names = listed.stdout.toString().split('\n').slice(0, -1)
  return {
    names: names.filter((name) => !name.endsWith('/')),
    digests: [createHash('sha256').update(printed.stdout).digest('hex')],
  }
}
