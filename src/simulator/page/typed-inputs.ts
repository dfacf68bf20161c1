import type { CanvasBlock, CanvasView } from '../page-contract.ts'

export type InputValue = string | readonly string[] | null

/** What somebody typed into a canvas and no press of a button has used yet: by canvas, by block. */
export type Typed = ReadonlyMap<string, ReadonlyMap<string, InputValue>>

export const withTyped = (typed: Typed, canvasId: string, blockId: string, value: InputValue): Typed =>
  new Map(typed).set(canvasId, new Map(typed.get(canvasId)).set(blockId, value))

export const withoutCanvas = (typed: Typed, canvasId: string): Typed => {
  const rest = new Map(typed)
  rest.delete(canvasId)
  return rest
}

/** A redraw may come while somebody types, with an older value: what was typed stays before their eyes. */
export const valueShown = (block: CanvasBlock, canvasId: string, typed: Typed): InputValue => {
  const mine = typed.get(canvasId)?.get(block.id ?? '')
  return mine === undefined ? (block.value ?? null) : mine
}

/** What the tenant does not hold yet of what was typed into blocks that are still there and take it. */
export const unsentValues = (canvas: CanvasView, typed: Typed): Record<string, InputValue> =>
  Object.fromEntries(
    canvas.blocks
      .flatMap((block) => [block, ...(block.children ?? [])])
      .flatMap((block) => {
        const value = block.id === undefined ? undefined : typed.get(canvas.id)?.get(block.id)
        const takes = value !== undefined && block.enabled !== false && 'value' in block
        return takes && !isSame(value, block.value ?? null) ? [[block.id, value]] : []
      }),
  )

const isSame = (a: InputValue, b: InputValue): boolean => JSON.stringify(a) === JSON.stringify(b)
