import { crc32, deflateSync } from 'node:zlib'
import type { Field } from './cells.ts'

const PNG_SIGNATURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a])

/** Eight bit PNG (ISO/IEC 15948): one field as grey, or three as red, green and blue. */
export const png = (channels: readonly [Field] | readonly [Field, Field, Field]): Buffer => {
  const { width, height } = channels[0]
  const samples = channels.length
  const stride = 1 + width * samples
  const raw = Buffer.alloc(stride * height)
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++)
      for (let c = 0; c < samples; c++)
        raw[y * stride + 1 + x * samples + c] = Math.round(channels[c]!.values[y * width + x]! * 255)
  const header = Buffer.alloc(13)
  header.writeUInt32BE(width, 0)
  header.writeUInt32BE(height, 4)
  header[8] = 8
  header[9] = samples === 3 ? 2 : 0
  return Buffer.concat([
    PNG_SIGNATURE,
    pngChunk('IHDR', header),
    pngChunk('IDAT', deflateSync(raw, { level: 6 })),
    pngChunk('IEND', Buffer.alloc(0)),
  ])
}

const pngChunk = (type: string, data: Buffer): Buffer => {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data])
  const chunk = Buffer.alloc(body.length + 8)
  chunk.writeUInt32BE(data.length, 0)
  body.copy(chunk, 4)
  chunk.writeUInt32BE(crc32(body), body.length + 4)
  return chunk
}

const TIFF_HEADER = 8
const [SHORT, LONG] = [3, 4]

/** Sixteen bit grey TIFF 6.0, little endian, one strip, no compression: what most cameras write. */
export const tiff = ({ width, height, values }: Field): Buffer => {
  const pixels = Buffer.alloc(width * height * 2)
  for (let i = 0; i < values.length; i++) pixels.writeUInt16LE(Math.round(values[i]! * 65535), i * 2)
  const tags: [tag: number, type: number, value: number][] = [
    [256, LONG, width],
    [257, LONG, height],
    [258, SHORT, 16],
    [259, SHORT, 1],
    [262, SHORT, 1],
    [273, LONG, TIFF_HEADER],
    [277, SHORT, 1],
    [278, LONG, height],
    [279, LONG, pixels.length],
  ]
  const directory = Buffer.alloc(2 + tags.length * 12 + 4)
  directory.writeUInt16LE(tags.length, 0)
  tags.forEach(([tag, type, value], i) => {
    const at = 2 + i * 12
    directory.writeUInt16LE(tag, at)
    directory.writeUInt16LE(type, at + 2)
    directory.writeUInt32LE(1, at + 4)
    directory.writeUInt32LE(value, at + 8)
  })
  const header = Buffer.alloc(TIFF_HEADER)
  header.write('II', 0, 'latin1')
  header.writeUInt16LE(42, 2)
  header.writeUInt32LE(TIFF_HEADER + pixels.length, 4)
  return Buffer.concat([header, pixels, directory])
}
