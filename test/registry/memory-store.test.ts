import { MemoryStore } from './memory-store.ts'
import { describeObjectStore } from './object-store-contract.ts'

// The store of the tests in this folder must keep the contract, or they would prove nothing.
describeObjectStore('The versioned bucket of these tests', async () => ({
  store: new MemoryStore(),
  stop: async () => {},
}))
