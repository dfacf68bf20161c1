import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { serviceEnvironment } from '../../src/simulator/service-environment.ts'
import type { Tenant } from '../../src/simulator/tenant.ts'
import { shippedNodeOptions } from '../shipped.ts'

/** `benchling-webhook serve` in a process of its own, started as its launcher starts it. */
export class ShippedService implements AsyncDisposable {
  readonly #child: ChildProcess
  readonly #exited: Promise<unknown>
  readonly #listening: Promise<string>

  /** `program`: its bundle; `folder`: registry and records lie below. */
  constructor(program: string, tenant: Tenant, folder: string) {
    const { PATH = '' } = process.env
    this.#child = spawn(
      process.execPath,
      ['--disable-warning=ExperimentalWarning', ...shippedNodeOptions(), program, 'serve'],
      {
        env: {
          PATH,
          APP_ENV: 'test',
          ...serviceEnvironment(tenant),
          QUILT_REGISTRY: registryIn(folder),
          DATA_DIR: join(folder, 'data'),
          HOST: '127.0.0.1',
          PORT: '0',
          RECONCILE_SECONDS: '0',
        },
        stdio: ['ignore', 'pipe', 'inherit'],
      },
    )
    this.#exited = once(this.#child, 'exit')
    const { promise, resolve, reject } = Promise.withResolvers<string>()
    createInterface(this.#child.stdout as Readable).on('line', (line) => {
      const { msg, at } = JSON.parse(line) as { msg?: string; at?: string }
      if (msg === 'listening' && at) resolve(at)
    })
    void this.#exited.then((how) => reject(new Error(`the service ended by itself: ${how}`)))
    promise.catch(() => {})
    this.#listening = promise
  }

  /** Its address, once it says that it is ready: no balancer sends it anything before. */
  async ready(): Promise<string> {
    const url = await this.#listening
    for (;;) {
      const answer = await fetch(`${url}/health/ready`)
      await answer.text()
      if (answer.ok) return url
    }
  }

  /** SIGTERM: what it works on is finished or given back. */
  async stop(): Promise<void> {
    this.#child.kill('SIGTERM')
    await this.#exited
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return
    this.#child.kill('SIGKILL')
    await this.#exited
  }
}

export const registryIn = (folder: string): string => join(folder, 'registry')
