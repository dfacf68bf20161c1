import { VERSION } from '../../../base/version.ts'
import type { ServiceActivity, ServiceView } from '../../../simulator/service-view.ts'

/** The page's view of a service that starts after the tenant, because it is configured with the tenant's address. */
export class LateServiceView implements ServiceView {
  #view: ServiceView | null = null
  readonly #listeners = new Set<(activity: ServiceActivity) => void>()

  attach(view: ServiceView): void {
    this.#view = view
    view.onActivity((activity) => {
      for (const listener of this.#listeners) listener(activity)
    })
  }

  ready = async () => this.#view?.ready() ?? { ready: false, detail: 'starting', version: VERSION }
  timeline = async (entryId: string) => this.#view?.timeline(entryId) ?? []
  package = async (entryId: string, topHash?: string) => this.#view?.package(entryId, topHash) ?? null
  file = async (name: string, topHash: string, key: string) => this.#view?.file(name, topHash, key) ?? null

  onActivity = (listener: (activity: ServiceActivity) => void): (() => void) => {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }
}
