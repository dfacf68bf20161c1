import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import type { Tenant } from '../../src/simulator/tenant.ts'
import { environmentFor } from '../main-path/support/lab.ts'
import type { Instant, Told } from './instants.ts'

const ROOT = join(import.meta.dirname, '../..')
const INSTANTS = join(import.meta.dirname, 'instants-child.ts')

export type ServiceSettings = {
  readonly tenant: Tenant
  /** Records and registry lie below. */
  readonly dir: string
  readonly port: number
  /** How far the process's clock is ahead of the system's. */
  readonly skipMs: number
  readonly instant?: Instant
  /** Tell every instant. */
  readonly record?: boolean
}

/** Starting is most of what a life costs: what was compiled once is kept. */
const COMPILED = join(tmpdir(), 'benchling-webhook-chaos-compiled')

export const WORKERS = 3
export const LEASE_SECONDS = 2

/** `benchling-webhook serve` in a process of its own, which can be stopped at an exact instant and killed there. */
export class ServiceProcess implements AsyncDisposable {
  readonly told: Told[] = []
  /** Resolves with true when it takes deliveries, with false when it was stopped or ended before. */
  readonly listening: Promise<boolean>
  /** Resolves with the name of the instant at which the process stands still. */
  readonly stopped: Promise<string>
  readonly #child: ChildProcess
  readonly #exited: Promise<{ code: number | null; signal: NodeJS.Signals | null }>
  readonly #lines: string[] = []
  readonly #errors: string[] = []

  constructor(s: ServiceSettings) {
    const { PATH = '' } = process.env
    const child = spawn(
      process.execPath,
      ['--disable-warning=ExperimentalWarning', '--import', INSTANTS, join(ROOT, 'src/main.ts'), 'serve'],
      {
        cwd: ROOT,
        env: {
          PATH,
          ...environmentFor(s.tenant, s.dir),
          PORT: String(s.port),
          LOG_LEVEL: 'info',
          LEASE_SECONDS: String(LEASE_SECONDS),
          WORKERS: String(WORKERS),
          NODE_COMPILE_CACHE: COMPILED,
          CHAOS_SKIP_MS: String(s.skipMs),
          ...(s.instant ? { CHAOS_INSTANT: JSON.stringify(s.instant) } : {}),
          ...(s.record ? { CHAOS_RECORD: '1' } : {}),
        },
        stdio: ['ignore', 'pipe', 'pipe', 'pipe', 'ipc'],
      },
    )
    this.#child = child
    this.#exited = once(child, 'close').then(([code, signal]) => ({ code, signal }))
    const stopped = Promise.withResolvers<string>()
    this.stopped = stopped.promise
    const listening = Promise.withResolvers<boolean>()
    this.listening = Promise.race([
      listening.promise,
      stopped.promise.then(() => false),
      this.#exited.then(() => false),
    ])
    createInterface(child.stdio[3] as Readable).on('line', (line) => {
      const told = JSON.parse(line) as Told
      if (told.stopped) stopped.resolve(told.at)
      else this.told.push(told)
    })
    createInterface(child.stdout as Readable).on('line', (line) => {
      this.#lines.push(line)
      if (line.includes('"msg":"listening"')) listening.resolve(true)
    })
    createInterface(child.stderr as Readable).on('line', (line) => this.#errors.push(line))
  }

  /** Lines of its log. */
  get log(): readonly string[] {
    return this.#lines
  }

  /** What nobody expects of it: words on standard error, unforeseen faults, defects in the log. */
  get complaints(): string[] {
    return [...this.#errors, ...this.#lines.filter((line) => /"code":"internal"|"level":"fatal"/.test(line))]
  }

  /** Stops it at an instant counted from now. */
  arm(instant: Instant): void {
    this.#child.send(instant)
  }

  /** SIGKILL. Says what is wrong when it had ended by itself before. */
  async kill(): Promise<string | null> {
    const alive = this.#child.exitCode === null && this.#child.signalCode === null
    this.#child.kill('SIGKILL')
    const { code, signal } = await this.#exited
    return alive && signal === 'SIGKILL' ? null : `the service ended by itself: ${code ?? signal}`
  }

  /** SIGTERM; the exit status. */
  async stop(): Promise<number | null> {
    this.#child.kill('SIGTERM')
    return (await this.#exited).code
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill('SIGKILL')
    await this.#exited
  }
}
