import type { Publisher, Registry } from './ports.ts'

/** Publishes by writing manifest and pointers ourselves: works on every registry, and the revision is there at once. */
export const nativePublisher = (registry: Pick<Registry, 'publish'>): Publisher => ({
  ready: async () => {},
  publish: (draft, signal, begin) => registry.publish(draft, signal, begin),
})
