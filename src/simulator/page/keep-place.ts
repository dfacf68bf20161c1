/** Within this many pixels of its end a box counts as scrolled to it. */
const NEAR_END = 24

/**
 * Draws without losing the place: the timeline follows its end unless somebody scrolled up to read, and the keyboard
 * stays at a canvas whose pressed button went away.
 */
export const keepingPlace = (draw: () => void): void => {
  const before = document.querySelector<HTMLElement>('.happening')
  const entry = before?.dataset.entry
  const follows = before === null || before.scrollHeight - before.scrollTop - before.clientHeight < NEAR_END
  const canvas = document.activeElement?.closest<HTMLElement>('.canvas')
  draw()
  const after = document.querySelector<HTMLElement>('.happening')
  if (after && (follows || after.dataset.entry !== entry)) after.scrollTop = after.scrollHeight
  if (canvas?.isConnected && document.activeElement === document.body) canvas.focus({ preventScroll: true })
}
