import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import type { Tenant } from '../../../src/simulator/tenant.ts'
import { environmentFor } from './lab.ts'

const ROOT = join(import.meta.dirname, '../../..')
const MAIN = join(ROOT, 'src/main.ts')

/** Ends the process with the one that started it, however that ends: no service outlives its test. */
const NOT_ALONE = `data:text/javascript,${encodeURIComponent(
  "process.on('disconnect', () => process.kill(process.pid, 'SIGKILL')); process.channel?.unref()",
)}`

export type Exit = { readonly code: number | null; readonly signal: NodeJS.Signals | null }

/** `benchling-webhook serve` as a process of its own; records and registry below `dir`. Killed when disposed. */
export class ServeChild implements AsyncDisposable {
  readonly url: string
  readonly exited: Promise<Exit>
  readonly #child: ChildProcess
  readonly #out: string[]

  private constructor(child: ChildProcess, out: string[], exited: Promise<Exit>, url: string) {
    this.#child = child
    this.#out = out
    this.exited = exited
    this.url = url
  }

  /** Resolves when the service listens; the tenant then delivers to it. Throws when the process ends before. */
  static async start(
    tenant: Tenant,
    dir: string,
    options: { env?: Record<string, string>; node?: readonly string[] } = {},
  ): Promise<ServeChild> {
    const { PATH = '' } = process.env
    const child = spawn(process.execPath, ['--import', NOT_ALONE, ...(options.node ?? []), MAIN, 'serve'], {
      cwd: ROOT,
      env: { PATH, ...environmentFor(tenant, dir), ...options.env },
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    })
    const out: string[] = []
    const exited = once(child, 'exit').then(([code, signal]): Exit => ({ code, signal }))
    const listening = new Promise<string>((resolve) => {
      const look = (chunk: Buffer) => {
        out.push(String(chunk))
        const at = /"at":"(http:[^"]+)".*"msg":"listening"/.exec(out.join(''))?.[1]
        if (at) resolve(at)
      }
      child.stdout?.on('data', look)
      child.stderr?.on('data', look)
    })
    const ended = exited.then((exit) => {
      throw new Error(`serve ended: ${JSON.stringify(exit)} ${out.join('')}`)
    })
    ended.catch(() => {})
    const url = await Promise.race([listening, ended])
    tenant.webhookUrl = url
    return new ServeChild(child, out, exited, url)
  }

  get pid(): number {
    return this.#child.pid as number
  }

  /** Everything it wrote. */
  get output(): string {
    return this.#out.join('')
  }

  kill(signal: NodeJS.Signals): Promise<Exit> {
    this.#child.kill(signal)
    return this.exited
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill('SIGKILL')
  }
}
