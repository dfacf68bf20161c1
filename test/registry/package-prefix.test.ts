import { MemoryStore } from './memory-store.ts'
import { describePackagePrefix } from './package-prefix-contract.ts'

// What the tests of the packager's road stand on must keep the contract, or they would prove nothing.
describePackagePrefix('The versioned bucket of these tests', async () => {
  const store = new MemoryStore()
  return { store, prefix: store.prefix(), stop: async () => {} }
})
