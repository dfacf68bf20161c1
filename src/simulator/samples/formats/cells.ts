import { type Random, seededRandom } from '../../random.ts'

/** A grey image: one value between 0 and 1 a pixel, row by row. */
export type Field = { readonly width: number; readonly height: number; readonly values: Float32Array }

export type CellOptions = {
  readonly seed: number
  readonly width: number
  readonly height: number
  readonly cells: number
  /** Half width of a cell in pixels. */
  readonly radius: number
  readonly noise?: number
}

/** Fluorescence as a microscope sees it: soft elliptical cells on a dim, noisy background. Same seed, same cells. */
export const cellField = ({ seed, width, height, cells, radius, noise = 0.03 }: CellOptions): Field => {
  const random = seededRandom(seed)
  const values = new Float32Array(width * height)
  for (let i = 0; i < values.length; i++) values[i] = 0.04 + random() * noise
  for (let n = 0; n < cells; n++) addCell(values, width, height, radius, random)
  return { width, height, values }
}

const addCell = (
  values: Float32Array,
  width: number,
  height: number,
  radius: number,
  random: Random,
): void => {
  const cx = random() * width
  const cy = random() * height
  const a = radius * (0.7 + random() * 0.6)
  const b = radius * (0.5 + random() * 0.5)
  const angle = random() * Math.PI
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)]
  const brightness = 0.35 + random() * 0.6
  const reach = Math.ceil(2.2 * Math.max(a, b))
  for (let y = Math.max(0, Math.floor(cy - reach)); y < Math.min(height, cy + reach); y++)
    for (let x = Math.max(0, Math.floor(cx - reach)); x < Math.min(width, cx + reach); x++) {
      const [dx, dy] = [x - cx, y - cy]
      const d = ((dx * cos + dy * sin) / a) ** 2 + ((dy * cos - dx * sin) / b) ** 2
      if (d < 4) values[y * width + x] = Math.min(1, values[y * width + x]! + brightness * Math.exp(-d * d))
    }
}
