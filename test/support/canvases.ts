import { Fault } from '../../src/base/fault.ts'
import type { AppCanvas, Benchling, CanvasPatch } from '../../src/benchling/ports.ts'

/**
 * The canvases of a tenant in memory, with Benchling's rule that a click disables a canvas until a PATCH enables it.
 * Only what canvas runs use; everything else throws.
 */
export class Canvases {
  readonly shown = new Map<string, AppCanvas>()
  readonly patches: { readonly id: string; readonly patch: CanvasPatch }[] = []
  /** Thrown by the next calls, in order. */
  readonly faults: Fault[] = []

  insert(id: string, resourceId: string | null): void {
    this.shown.set(id, {
      id,
      featureId: 'quilt_entry',
      resourceId,
      enabled: true,
      data: null,
      blocks: [],
      archived: false,
    })
  }

  click(id: string): void {
    this.shown.set(id, { ...this.#get(id), enabled: false })
  }

  text(id: string): string {
    return JSON.stringify(this.#get(id).blocks)
  }

  enabled(id: string): boolean {
    return this.#get(id).enabled
  }

  readonly benchling: Benchling = this.#client()

  #client(): Benchling {
    const own: Pick<Benchling, 'canvas' | 'updateCanvas' | 'createCanvas'> = {
      canvas: async (id) => {
        this.#strike()
        return this.#get(id)
      },
      updateCanvas: async (id, patch) => {
        this.#strike()
        this.patches.push({ id, patch })
        const { blocks, enabled, data } = patch
        const canvas = this.#get(id)
        const next = {
          ...canvas,
          blocks: blocks ?? canvas.blocks,
          enabled: enabled ?? canvas.enabled,
          data: data ?? canvas.data,
        }
        this.shown.set(id, next)
        return next
      },
      createCanvas: async ({ featureId, resourceId, blocks = [] }) => {
        this.#strike()
        const id = `cnvs_made${this.shown.size}`
        const canvas = { id, featureId, resourceId, enabled: true, data: null, blocks, archived: false }
        this.shown.set(id, canvas)
        return canvas
      },
    }
    return new Proxy(own as Benchling, {
      get: (target, name) =>
        Reflect.get(target, name) ??
        (() => {
          throw new Error(`canvas runs do not call ${String(name)}`)
        }),
    })
  }

  #strike(): void {
    const fault = this.faults.shift()
    if (fault) throw fault
  }

  #get(id: string): AppCanvas {
    const canvas = this.shown.get(id)
    if (!canvas) throw new Fault('benchling.not_found')
    return canvas
  }
}
