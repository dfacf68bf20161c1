import type { Bell, Key, Ring } from '../jobs/ports.ts'

/**
 * A bell within one process. Every listener hears every ring that comes after it began to listen; rings of one key that
 * a listener has not heard yet become one, so a slow listener holds at most one ring a key.
 */
export const localBell = (): Bell => {
  const listeners = new Set<Listener>()
  return {
    ring: async (key, id) => {
      for (const listener of listeners) listener.hear({ key, id })
    },
    rings: (signal) => listen(listeners, signal),
  }
}

type Listener = { hear(ring: Ring): void }

const listen = (listeners: Set<Listener>, signal: AbortSignal): AsyncIterable<Ring> => {
  const heard = new Map<Key, Ring>()
  let wake = () => {}
  const listener: Listener = {
    hear: (ring) => {
      heard.set(ring.key, ring)
      wake()
    },
  }
  const stop = () => {
    listeners.delete(listener)
    wake()
  }
  if (!signal.aborted) {
    listeners.add(listener)
    signal.addEventListener('abort', stop, { once: true })
  }
  return {
    async *[Symbol.asyncIterator]() {
      try {
        while (!signal.aborted) {
          const [first] = heard.values()
          if (first) {
            heard.delete(first.key)
            yield first
          } else {
            await new Promise<void>((resolve) => {
              wake = resolve
            })
          }
        }
      } finally {
        signal.removeEventListener('abort', stop)
        listeners.delete(listener)
      }
    },
  }
}
