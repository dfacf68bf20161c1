/** Why a run was told to stop. None of these is an error of the run. */
export type StopReason = 'drain' | 'lease' | 'deadline'

/** The one switch that stops a run. The first reason counts. */
export class RunStop {
  readonly #controller = new AbortController()
  #reason: StopReason | null = null

  get signal(): AbortSignal {
    return this.#controller.signal
  }

  get reason(): StopReason | null {
    return this.#reason
  }

  stop(reason: StopReason): void {
    if (this.#reason) return
    this.#reason = reason
    this.#controller.abort(new DOMException(`The run was stopped: ${reason}.`, 'AbortError'))
  }
}
