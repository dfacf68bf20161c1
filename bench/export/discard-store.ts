import type { ObjectStore } from '../../src/registry/ports.ts'

/** An object store that forgets: what remains is reading, unpacking, checking and hashing. */
export const discardStore: ObjectStore = {
  url: 'file:///dev/null',
  uploadBuffer: () => 0,
  begin: async () => {
    let physicalKey = ''
    return {
      write: async () => {},
      commit: async ({ value }) => {
        physicalKey = `file:///dev/null/${encodeURIComponent(value)}`
        return physicalKey
      },
      abort: async () => {},
    }
  },
  has: async () => true,
  settle: async () => {},
  discard: async () => {},
  read: async () => null,
  size: async () => null,
  write: async () => true,
  list: async function* () {},
  open: async function* () {},
}
