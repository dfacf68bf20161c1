import { type ChildProcess, fork, type Serializable } from 'node:child_process'
import { once } from 'node:events'
import { resolve } from 'node:path'

/** A process of its own for one part of a measurement: takes orders, answers each with one message. */
export class Helper implements AsyncDisposable {
  readonly #child: ChildProcess

  /** `path`: its program, below `bench/` or absolute; `options`: Node's. */
  constructor(path: string, options: readonly string[] = []) {
    this.#child = fork(resolve(import.meta.dirname, path), {
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
      execArgv: [...options],
    })
  }

  /** Throws when the process ends instead of answering. */
  async ask<T>(order: Serializable): Promise<T> {
    const died = once(this.#child, 'exit').then(([code]) =>
      Promise.reject(new Error(`a process ended with ${code}`)),
    )
    died.catch(() => {})
    this.#child.send(order)
    const [answer] = (await Promise.race([once(this.#child, 'message'), died])) as [T]
    return answer
  }

  /** Ends it by SIGKILL, in whatever it is doing. */
  async kill(): Promise<void> {
    const { exitCode, signalCode } = this.#child
    if (exitCode !== null || signalCode !== null) return
    const exited = once(this.#child, 'exit')
    this.#child.kill('SIGKILL')
    await exited
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill()
  }
}
