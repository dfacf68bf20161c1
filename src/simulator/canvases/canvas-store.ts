import { ApiError, badRequest, notFound } from '../api-error.ts'
import type { CanvasBlock, PressView } from '../page-contract.ts'
import { benchlingId, type Random } from '../random.ts'
import { checkBlocks, flatBlocks } from './block-rules.ts'

/** "valid JSON in string format less than 5kb in total" (Benchling v2 OpenAPI, AppCanvas.data). */
export const CANVAS_DATA_LIMIT = 5 * 1024

export type Canvas = {
  readonly id: string
  readonly appId: string
  readonly featureId: string
  readonly resourceId: string
  readonly blocks: readonly CanvasBlock[]
  readonly enabled: boolean
  readonly data: string | null
  readonly sessionId: string | null
  readonly archived: string | null
  /** True until the app has set blocks for the first time. */
  readonly waiting: boolean
  readonly updatedAt: number
  /** What locked it; null while it is enabled. */
  readonly pressed: PressView | null
  /** Grows with every change, also of its session, so that what is told twice is told apart. */
  readonly serial: number
}

export type CanvasChange = {
  readonly blocks?: unknown
  readonly enabled?: boolean | undefined
  readonly data?: string | null | undefined
  readonly featureId?: string | undefined
  readonly resourceId?: string | undefined
  readonly sessionId?: string | null | undefined
}

/** The app's canvases, with Benchling's rule that a click locks a canvas until the app enables it again. */
export class CanvasStore {
  readonly #canvases = new Map<string, Canvas>()
  readonly #random: Random
  readonly #now: () => number
  readonly #changed: (canvas: Canvas) => void

  constructor(random: Random, now: () => number, changed: (canvas: Canvas) => void) {
    this.#random = random
    this.#now = now
    this.#changed = changed
  }

  list(): Canvas[] {
    return [...this.#canvases.values()]
  }

  /** Throws 404. */
  get(id: string): Canvas {
    const canvas = this.#canvases.get(id)
    if (!canvas) throw notFound('Canvas', id)
    return canvas
  }

  create(of: { appId: string; featureId: string; resourceId: string; id?: string } & CanvasChange): Canvas {
    const canvas = {
      id: of.id ?? benchlingId(this.#random, 'cnvs'),
      appId: of.appId,
      featureId: of.featureId,
      resourceId: of.resourceId,
      blocks: [],
      enabled: false,
      data: null,
      sessionId: null,
      archived: null,
      waiting: true,
      updatedAt: this.#now(),
      pressed: null,
      serial: 0,
    }
    return this.#keep({ ...canvas, ...checked(of) })
  }

  /** What the app sets; `blocks` replaces all. Throws 400, 403 on an archived canvas, 404. */
  change(id: string, change: CanvasChange): Canvas {
    const canvas = this.get(id)
    if (canvas.archived) throw new ApiError(403, 'invalid_request_error', `Canvas ${id} is archived.`)
    const changed = { ...canvas, ...checked(change), updatedAt: this.#now() }
    return this.#keep({ ...changed, pressed: changed.enabled ? null : canvas.pressed })
  }

  setArchived(ids: readonly string[], reason: string | null): void {
    for (const id of ids) this.get(id)
    for (const id of ids) this.#keep({ ...this.get(id), archived: reason, updatedAt: this.#now() })
  }

  /** Says again what a canvas shows, after the session attached to it changed. */
  touch(id: string): void {
    this.#keep(this.get(id))
  }

  /** What a person types into an input. Refused on a locked canvas or block. */
  fill(id: string, values: Readonly<Record<string, string | readonly string[] | null>>): Canvas {
    const canvas = this.#usable(id)
    const known = new Set(flatBlocks(canvas.blocks).map((block) => block.id))
    for (const name of Object.keys(values)) if (!known.has(name)) throw notFound('Block', name)
    const fill = (block: CanvasBlock): CanvasBlock => {
      if (block.children) return { ...block, children: block.children.map(fill) }
      if (block.id === undefined || !(block.id in values)) return block
      if (block.enabled === false || !('value' in block) || isShown(block))
        throw badRequest(`Block ${block.id} takes no input now.`)
      return { ...block, value: values[block.id] ?? null }
    }
    return this.#keep({ ...canvas, blocks: checkBlocks(canvas.blocks.map(fill)), updatedAt: this.#now() })
  }

  /** A press on a button: the whole canvas is locked until a PATCH with `enabled: true`. `by` is the person's name. */
  press(id: string, buttonId: string, by: string | null = null): Canvas {
    const canvas = this.#usable(id)
    const blocks = flatBlocks(canvas.blocks)
    const button = blocks.find((block) => block.id === buttonId)
    if (button?.type !== 'BUTTON') throw notFound('Button', buttonId)
    if (button.enabled === false) throw badRequest(`Button ${buttonId} is disabled.`)
    const missing = blocks.find((block) => block.required && (block.value ?? '').length === 0)
    if (missing) throw badRequest(`${missing.label} is required.`)
    const pressed = { by, text: button.text ?? '' }
    return this.#keep({ ...canvas, enabled: false, pressed, updatedAt: this.#now() })
  }

  #usable(id: string): Canvas {
    const canvas = this.get(id)
    if (canvas.archived) throw badRequest(`Canvas ${id} is archived.`)
    if (!canvas.enabled) throw badRequest(`Canvas ${id} is disabled until the app enables it again.`)
    return canvas
  }

  #keep(canvas: Canvas): Canvas {
    const kept = { ...canvas, serial: canvas.serial + 1 }
    this.#canvases.set(kept.id, kept)
    this.#changed(kept)
    return kept
  }
}

/** Blocks that show a value rather than take one. */
const isShown = (block: CanvasBlock): boolean => block.type === 'CHIP' || block.type === 'MARKDOWN'

const checked = (change: CanvasChange): Partial<Canvas> => {
  const { blocks, enabled, data, featureId, resourceId, sessionId } = change
  if (typeof data === 'string') checkData(data)
  return {
    ...(blocks === undefined ? {} : { blocks: checkBlocks(blocks), waiting: false }),
    ...(enabled === undefined ? {} : { enabled }),
    ...(data === undefined ? {} : { data }),
    ...(featureId === undefined ? {} : { featureId }),
    ...(resourceId === undefined ? {} : { resourceId }),
    ...(sessionId === undefined ? {} : { sessionId }),
  }
}

const checkData = (data: string): void => {
  if (Buffer.byteLength(data) >= CANVAS_DATA_LIMIT) throw badRequest('data must be less than 5kb in total.')
  try {
    JSON.parse(data)
  } catch {
    throw badRequest('data must be valid JSON.')
  }
}
