/** Within this many pixels of its end a box counts as scrolled to it. */
const NEAR_END = 24

/**
 * Draws without losing the place: the timeline follows its end unless somebody scrolled up to read, and keyboard and
 * scroll position stay where they were on a canvas.
 */
export const keepingPlace = (draw: () => void): void => {
  const before = document.querySelector<HTMLElement>('.happening')
  const entry = before?.dataset.entry
  const follows = before === null || before.scrollHeight - before.scrollTop - before.clientHeight < NEAR_END
  const held = holdCanvas(document.activeElement)
  draw()
  const after = document.querySelector<HTMLElement>('.happening')
  if (after && (follows || after.dataset.entry !== entry)) after.scrollTop = after.scrollHeight
  if (held) regain(held)
}

/** What has the keyboard on a canvas, and where that canvas is. */
type Held = {
  readonly canvas: HTMLElement
  readonly top: number
  readonly element: HTMLElement
  readonly block: string | undefined
  readonly place: string | undefined
  readonly words: string
  readonly caret: readonly [start: number, end: number] | null
}

const holdCanvas = (element: Element | null): Held | null => {
  const canvas = element?.closest<HTMLElement>('.canvas')
  if (!canvas || !(element instanceof HTMLElement)) return null
  const { block, place } = element.dataset
  const words = element.textContent?.trim() ?? ''
  const { top } = canvas.getBoundingClientRect()
  return { canvas, top, element, block, place, words, caret: caretOf(element) }
}

const caretOf = (element: Element): Held['caret'] =>
  element instanceof HTMLInputElement && element.selectionStart !== null
    ? [element.selectionStart, element.selectionEnd ?? element.selectionStart]
    : null

/**
 * Where what had the keyboard went away, it goes to the block of the same id, else to the button of the same words in
 * the same place (ids carry where they lead), else to the canvas itself.
 */
const regain = (held: Held): void => {
  const { canvas, top, element } = held
  if (!canvas.isConnected) return
  if (!element.isConnected || document.activeElement === document.body) {
    const successor = successorOf(held)
    ;(successor ?? canvas).focus({ preventScroll: true })
    if (held.caret && successor instanceof HTMLInputElement) successor.setSelectionRange(...held.caret)
  }
  const moved = canvas.getBoundingClientRect().top - top
  if (Math.abs(moved) >= 1) scrollBy({ top: moved, behavior: 'instant' })
}

const successorOf = ({ canvas, block, place, words }: Held): HTMLElement | undefined => {
  const blocks = [...canvas.querySelectorAll<HTMLElement>('[data-block]')]
  return (
    blocks.find(({ dataset }) => dataset.block === block) ??
    blocks.find(({ dataset, textContent }) => dataset.place === place && textContent?.trim() === words)
  )
}
