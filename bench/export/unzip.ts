import { spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { join } from 'node:path'

const ROUNDS = 3

/** Runs a command; its exit status, null where there is no such command. */
const exitOf = (command: string, args: readonly string[]): Promise<number | null> =>
  new Promise((resolve) => {
    const child = spawn(command, args, { stdio: 'ignore' })
    child.once('error', () => resolve(null)).once('exit', resolve)
  })

const must = (command: string, code: number): void => {
  if (code !== 0) throw new Error(`${command} ended with ${code}`)
}

const testing = async (archive: string): Promise<number | null> => exitOf('unzip', ['-tq', archive])

/** To disk, and on it: what is written is written for good when `sync` returns. */
const writing = async (archive: string, folder: string): Promise<number | null> => {
  const code = await exitOf('unzip', ['-q', archive, '-d', folder])
  if (code !== 0) return code
  return exitOf('sync', ['--file-system', folder])
}

/**
 * Seconds of the real unzip on the same archive, best of three with a warm cache: only tested (`folder` null), or
 * written below this folder and synced. Null where there is no unzip.
 */
export const unzipSeconds = async (archive: string, folder: string | null): Promise<number | null> => {
  let best: number | null = null
  for (let round = 0; round < ROUNDS; round++) {
    const into = folder === null ? null : await mkdtemp(join(folder, 'unzip-'))
    const start = performance.now()
    const code = into === null ? await testing(archive) : await writing(archive, into)
    const seconds = (performance.now() - start) / 1000
    if (into !== null) await rm(into, { recursive: true })
    if (code === null) return null
    must('unzip', code)
    best = Math.min(best ?? seconds, seconds)
  }
  return best
}
