import { isMarkedAsUntransferable } from 'node:worker_threads'

/**
 * Memory that is given back as soon as its bytes were used, instead of when the garbage collector comes by. Exports flow
 * through in pieces of some hundred KiB, gigabytes in all: left to the collector, they make it run every few MiB, and
 * the process larger by what lies about meanwhile.
 *
 * Who makes a piece that nobody else keeps marks it; who is the last to use it says so. A piece nobody marked is never
 * touched, so tails, caches and test data are safe; a marked one that nobody ends is left to the collector.
 */
const marked = new WeakSet<ArrayBufferLike>()

/** Not worth the trouble below this: small pieces often share their memory with others. */
const LEAST_BYTES = 16 * 1024

/**
 * Marks the memory behind these bytes: they, and the views of them, are used once, from front to back. Node's pool of
 * small buffers, which others have parts of, is left alone.
 */
export const singleUse = <T extends Uint8Array>(bytes: T): T => {
  const { buffer } = bytes
  if (buffer.byteLength >= LEAST_BYTES && !isMarkedAsUntransferable(buffer)) marked.add(buffer)
  return bytes
}

/**
 * Says that these bytes, and all before them in the same memory, will not be looked at again, neither here nor by a
 * system call under way. Their memory is freed once the last of it is used up; the views of it are then empty.
 */
export const usedUp = (bytes: Uint8Array): void => {
  if (bytes.byteOffset + bytes.byteLength === bytes.buffer.byteLength) allUsedUp(bytes)
}

/** The same for all of the memory behind these bytes, what comes after them included. */
export const allUsedUp = ({ buffer }: Uint8Array): void => {
  if (marked.delete(buffer) && buffer instanceof ArrayBuffer) buffer.transfer(0)
}

/** Takes the mark away: somebody may still be reading, and cannot say when that ends. */
export const stillUsed = ({ buffer }: Uint8Array): void => {
  marked.delete(buffer)
}
