import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import type { Readable } from 'node:stream'

export const ROOT = join(import.meta.dirname, '../../..')
const MAIN = join(ROOT, 'src/main.ts')

export type Ran = {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly out: string
  readonly err: string
}

export type Running = {
  readonly child: ChildProcessByStdio<null, Readable, Readable>
  readonly ended: Promise<Ran>
  /** Resolves when standard output or standard error holds this; rejects when the program ends before. */
  said(text: string): Promise<void>
}

type Options = {
  readonly env?: Readonly<Record<string, string>>
  readonly cwd?: string
  /** Options of Node itself. */
  readonly node?: readonly string[]
  readonly script?: string
}

/** Starts the program from source, with nothing of this process's environment but PATH. */
export const start = (args: readonly string[], options: Options = {}): Running => {
  const { PATH = '' } = process.env
  const command = [...(options.node ?? []), options.script ?? MAIN, ...args]
  const child = spawn(process.execPath, command, {
    cwd: options.cwd ?? ROOT,
    env: { PATH, ...options.env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let out = ''
  let err = ''
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    out += chunk
  })
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    err += chunk
  })
  const ended = once(child, 'close').then(([code, signal]): Ran => ({ code, signal, out, err }))
  return {
    child,
    ended,
    said: (text) =>
      new Promise((resolve, reject) => {
        const look = () => {
          if ((out + err).includes(text)) resolve()
        }
        look()
        child.stdout.on('data', look)
        child.stderr.on('data', look)
        ended.then((ran) => reject(new Error(`ended before it said “${text}”: ${JSON.stringify(ran)}`)))
      }),
  }
}

/** Runs the program to its end. */
export const run = (args: readonly string[], options?: Options): Promise<Ran> => start(args, options).ended
